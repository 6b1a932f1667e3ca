"""Akismet's clients as they are, sent to a running service instead."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlencode

import akismet
import httpx
import pytest

from moderation.api.schemas import BODY_BYTES
from tests.conftest import Service
from tests.dropins.conftest import RunNode

KIND = "A thoughtful remark on the library, thank you"
ABUSE = "You are a worthless stupid idiot and everybody hates you"
BLATANT = "Buy cheap viagra online now, best price, free shipping http://cheap-viagra.example"
BLOG = "https://blog.example.org"

pytestmark = pytest.mark.service


class TestPython:
    """The `akismet` package, with an HTTP client of our own as its documentation has it."""

    @pytest.fixture
    def http_client(self, service: Service) -> Iterator[httpx.Client]:
        url = httpx.URL(service.url)

        def redirect(request: httpx.Request) -> None:
            request.url = request.url.copy_with(scheme="http", host=url.host, port=url.port)

        hooks = {"request": [redirect]}
        with httpx.Client(event_hooks=hooks, timeout=10) as client:
            yield client

    @pytest.fixture
    def client(self, service: Service, http_client: httpx.Client) -> akismet.SyncClient:
        config = akismet.Config(service.api_key, BLOG)
        return akismet.SyncClient.validated_client(config=config, http_client=http_client)

    def test_it_knows_the_verdicts(self, client: akismet.SyncClient):
        def check(content: str, **more: str) -> akismet.CheckResponse:
            return client.comment_check(
                user_ip="192.0.2.1", comment_content=content, comment_type="comment", **more
            )

        assert check(KIND) == akismet.CheckResponse.HAM
        assert check(ABUSE) == akismet.CheckResponse.SPAM
        assert check(BLATANT) == akismet.CheckResponse.DISCARD
        assert check(KIND, comment_author="viagra-test-123") == akismet.CheckResponse.SPAM
        assert check(BLATANT, user_role="administrator") == akismet.CheckResponse.HAM

    def test_it_submits(self, client: akismet.SyncClient):
        assert client.submit_spam(user_ip="192.0.2.1", comment_content=BLATANT)
        assert client.submit_ham(user_ip="192.0.2.1", comment_content=KIND)

    def test_it_reads_the_usage(self, client: akismet.SyncClient):
        client.comment_check(user_ip="192.0.2.1", comment_content=KIND)

        usage = client.usage_limit()

        assert usage["limit"] == "none"
        assert usage["usage"] > 0

    def test_it_reads_the_sites_by_the_key_in_the_host(
        self, service: Service, client: akismet.SyncClient, http_client: httpx.Client
    ):
        # This client sends no key with this call.
        http_client.headers["Host"] = f"{service.api_key}.rest.example.org"
        client.submit_ham(user_ip="192.0.2.1", comment_content=KIND)

        sites = client.key_sites()

        assert sites["total"] == 1
        assert "Is Revoked" in client.key_sites(result_format="csv")

    def test_it_knows_a_wrong_key(self, http_client: httpx.Client):
        config = akismet.Config("wrong", BLOG)
        stranger = akismet.SyncClient(config=config, http_client=http_client)

        assert not stranger.verify_key()
        with pytest.raises(akismet.APIKeyError):
            stranger.comment_check(user_ip="192.0.2.1", comment_content=KIND)

    def test_a_failure_is_an_error_that_says_why(self, client: akismet.SyncClient):
        with pytest.raises(akismet.ProtocolError, match='Empty "user_ip" value'):
            client.comment_check(user_ip="", comment_content=KIND)
        with pytest.raises(akismet.RequestError, match="413"):
            client.submit_spam(user_ip="192.0.2.1", comment_content="x" * 2 * BODY_BYTES)


def test_javascript(service: Service, run_node: RunNode) -> None:
    """@cedx/akismet, with its option `baseUrl`."""
    comments = json.dumps({"good": KIND, "bad": BLATANT})

    finished = run_node("akismet.mjs", service.url, service.api_key, given=comments)

    ham, spam, pervasive_spam = range(3)
    assert json.loads(finished.stdout) == {
        "verified": True,
        "strangerVerified": False,
        "good": ham,
        "bad": pervasive_spam,
        "guaranteedSpam": spam,
        "administrator": ham,
        "stranger": "Error: no valid API key; send it as api_key in a form-encoded body",
        "withoutAddress": 'Error: Empty "user_ip" value',
        "submittedHam": None,
        "submittedSpam": None,
    }


def test_wordpress_speaks_http_1_0(service: Service) -> None:
    """The request of its plugin, by the byte: `Akismet::http_post`."""
    url = httpx.URL(service.url)
    fields = {
        "comment_post_ID": "1",
        "comment_author": "Anna",
        "comment_content": BLATANT,
        "comment_type": "comment",
        "user_ip": "192.0.2.1",
        "blog": BLOG,
        "blog_charset": "UTF-8",
        "comment_context[0]": "gardens",
        "api_key": service.api_key,
    }
    body = urlencode(fields).encode()
    head = (
        "POST /1.1/comment-check HTTP/1.0\r\n"
        "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
        f"Host: {url.host}\r\nUser-Agent: WordPress/6.9 | Akismet/5.6\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((url.host, url.port), timeout=10) as connection:
        connection.sendall(head.encode() + body)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))

    head, _, word = answer.decode().partition("\r\n\r\n")
    assert " 200 " in head.splitlines()[0]
    assert word == "true"
    assert "x-akismet-guid: " in head.lower()
    assert "x-akismet-pro-tip: discard" in head.lower()
    assert "x-akismet-debug-help" not in head.lower()
