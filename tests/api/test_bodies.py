"""Bodies that are not what they seem: without an announced length, or compressed."""

from __future__ import annotations

import gzip
import io
import json

import pytest
from flask.testing import FlaskClient

from moderation.api.schemas import BODY_BYTES
from tests.api.checks import problem, read
from tests.conftest import new_comment

PATH = "/v1/articles/a1/comments"
CHUNKED = {"Transfer-Encoding": "chunked"}


def send_chunked(client: FlaskClient, body: bytes):
    """A body whose end the server tells, as it does for one in chunks."""
    environ = {"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True}
    return client.post(
        PATH, headers=CHUNKED, content_type="application/json", environ_overrides=environ
    )


def test_a_body_in_chunks_is_read_to_its_end(client: FlaskClient):
    body = json.dumps(new_comment(id="c1")).encode()
    padded = body + b" " * (BODY_BYTES - len(body) - 1)

    assert send_chunked(client, padded).status_code == 202
    assert read(client, "c1")["status"] == "pending"


def test_one_that_does_not_end_is_413_and_not_cut_off(client: FlaskClient):
    # Given what is valid up to the limit, where it would be cut off
    body = json.dumps(new_comment(id="c1")).encode()
    padded = body + b" " * (2 * BODY_BYTES)

    problem(send_chunked(client, padded), 413, "too-large")
    problem(client.get("/v1/comments/c1"), 404, "unknown-comment")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "GZIP", "identity, gzip"])
def test_a_compressed_body_is_415(client: FlaskClient, coding: str):
    body = gzip.compress(json.dumps(new_comment()).encode())

    response = client.post(
        PATH, data=body, content_type="application/json", headers={"Content-Encoding": coding}
    )

    assert "Content-Encoding" in problem(response, 415)["detail"]
