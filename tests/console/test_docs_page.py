"""The reference page: complete, and readable on every screen."""

from __future__ import annotations

import json
import shlex
import socket

import pytest
from flask.testing import FlaskClient

from moderation.docs.reference import Operation, Reference
from tests.conftest import Service
from tests.console.conftest import DESK, PHONE, OpenBrowser
from tests.console.console_browser import sideways


@pytest.fixture
def operations(client: FlaskClient) -> list[Operation]:
    """Every operation that the page shows."""
    spec = client.get("/openapi.json").json
    return [one for group in Reference(spec).groups() for one in group.operations]


def test_every_operation_of_the_document_is_on_the_page(
    client: FlaskClient, operations: list[Operation]
) -> None:
    page = client.get("/docs").text
    paths = client.get("/openapi.json").json["paths"]
    written = {
        (method.upper(), path)
        for path, item in paths.items()
        for method in item
        if method != "parameters"
    }
    assert {(one.method, one.path) for one in operations} == written
    for one in operations:
        assert page.count(f'id="{one.anchor}"') == 1


@pytest.fixture
def public_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every host has a public address, as that of the reader's own site has."""
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("198.41.0.4", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)


def test_every_example_can_be_sent_as_it_stands(
    client: FlaskClient, operations: list[Operation], public_names: None
) -> None:
    for one in operations:
        words = shlex.split(one.curl.replace("\\\n", " "))
        sent = words[words.index("--data") + 1] if "--data" in words else None
        if sent is None or one.path.endswith("/decision"):
            continue
        path = next(word for word in words if word.startswith("http")).partition(":8000")[2]
        answer = client.open(path, method=one.method, json=json.loads(sent))
        assert answer.status_code not in {400, 405, 415, 422}, (one.curl, answer.text)


@pytest.mark.browser
@pytest.mark.service
@pytest.mark.parametrize("size", [PHONE, DESK])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_reference_fits_every_screen(
    service: Service, open_browser: OpenBrowser, size: tuple[int, int], scheme: str
) -> None:
    page = open_browser(size, scheme)
    page.get(f"{service.url}/docs")
    assert sideways(page) == 0
    assert page.get_log("browser") == []
