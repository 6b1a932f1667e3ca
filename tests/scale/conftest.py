"""What the tests of this folder share: an in-process site on whatever `settings` names."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.scale.posting import Post


@pytest.fixture
def post(client: FlaskClient, background_worker: None) -> Post:
    """Posts a comment to the application, behind which a worker decides."""
    return lambda body: client.post("/v1/articles/a1/comments", json=body).status_code
