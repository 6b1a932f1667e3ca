"""The console's own files: compressed where a browser takes that, pages never."""

from __future__ import annotations

import gzip

from flask.testing import FlaskClient

SCRIPT = "/console/static/vendor/htmx.min.js"
TAKES_GZIP = {"Accept-Encoding": "gzip, deflate, br"}


def test_a_file_comes_compressed_to_who_takes_it(client: FlaskClient) -> None:
    plain = client.get(SCRIPT, buffered=True)
    packed = client.get(SCRIPT, headers=TAKES_GZIP, buffered=True)

    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain.data) / 2
    assert gzip.decompress(packed.data) == plain.data
    assert "Content-Encoding" not in plain.headers
    for answer in (plain, packed):
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_file_that_the_browser_has_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get(SCRIPT, headers=TAKES_GZIP, buffered=True)

    known = {**TAKES_GZIP, "If-None-Match": first.headers["ETag"]}
    again = client.get(SCRIPT, headers=known, buffered=True)

    assert again.status_code == 304
    assert again.data == b""


def test_a_page_is_never_compressed(client: FlaskClient) -> None:
    page = client.get("/console/sign-in", headers=TAKES_GZIP)

    assert page.status_code == 200
    assert "Content-Encoding" not in page.headers
