"""A connection of the HTTP service from one request to the next."""

from __future__ import annotations

import pytest

from moderation.http_worker import REST_BYTES
from tests.conftest import Service

pytestmark = pytest.mark.service


@pytest.mark.parametrize(
    ("left_bytes", "connection"), [(REST_BYTES - 1, "keep-alive"), (REST_BYTES, "close")]
)
def test_an_answer_says_that_it_is_the_last_if_too_much_of_the_body_is_left(
    service: Service, left_bytes: int, connection: str
):
    with service.client() as client:
        # Nobody reads the body of a request that is for nothing.
        response = client.post("/no-such-path", content=b"x" * left_bytes)

    assert response.status_code == 404
    assert response.headers["Connection"] == connection
