"""The OpenAPI document: valid, and the service does what it says, whatever is sent."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wsgi import LimitedStream

from moderation.bootstrap import ADMIN
from moderation.record import Record
from tests.conftest import API_KEY
from tests.held import hold_many
from tests.made_releases import store, tell_shipped

ROOT = Path(__file__).parents[2]
CONFIG = Path(__file__).with_name("schemathesis.toml")
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
BEAT_S = 1.0
#: Requests per operation that are made up; a longer run finds more.
EXAMPLES = os.environ.get("MODERATION_TEST_EXAMPLES", "2")


@pytest.fixture
def no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is asked for the addresses of made-up hosts."""
    real = socket.getaddrinfo

    def only_numbers(host: Any, *args: Any, flags: int = 0, **kwargs: Any) -> Any:
        return real(host, *args, flags=flags | socket.AI_NUMERICHOST, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", only_numbers)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_: Any) -> None:
        """Thousands of requests, each with a made-up path."""


class _BoundedBodies:
    """Ends a body where its length says, as gunicorn does and werkzeug's server does not."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"] = LimitedStream(environ["wsgi.input"], length)
        return self._app(environ, start_response)


@pytest.fixture
def stored(record: Record) -> None:
    """What `schemathesis.toml` names: comments that are held, and a release."""
    hold_many(record, 10)
    store(record, "2026.12-1")


@pytest.fixture
def alive(record: Record, stored: None, background_worker: None) -> Iterator[None]:
    """A worker that answers, and says time and again that it is there."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(BEAT_S):
            tell_shipped(record)

    tell_shipped(record)
    thread = threading.Thread(target=beat)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.fixture
def url(app: Flask, alive: None, no_names: None) -> Iterator[str]:
    """Where the application listens."""
    bounded = _BoundedBodies(app)
    server = make_server("127.0.0.1", 0, bounded, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    app.extensions["moderation"].hub.close()  # ends the streams that are still open
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_document_is_valid(app: Flask):
    document = app.test_client().get("/openapi.json").json

    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_patterns_are_in_the_dialect_of_the_document(app: Flask):
    """ECMA-262, which searches, and knows none of Python's own notations."""
    document = app.test_client().get("/openapi.json").json
    patterns = set(found_under("pattern", document))

    assert patterns
    assert [one for one in patterns if re.search(r"\\[AZ]|\(\?[a-zP]", one)] == []


def found_under(key: str, value: Any) -> Iterator[str]:
    """The texts that stand under a key, however deep."""
    for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if name == key and isinstance(inner, str):
            yield inner
        if isinstance(inner, dict | list):
            yield from found_under(key, inner)


def parameters(document: dict[str, Any], method: str, path: str) -> set[tuple[str, str]]:
    described = document["paths"][path][method]["parameters"]
    return {(one["in"], one["name"]) for one in described}


def test_a_header_stands_beside_the_other_parameters(app: Flask):
    document = app.test_client().get("/openapi.json").json

    assert parameters(document, "get", "/v1/decisions/stream") == {
        ("header", "Last-Event-ID"),
        ("query", "after"),
    }
    assert parameters(document, "put", "/v1/policy") == {
        ("header", "If-Match"),
        ("query", "site"),
    }


@pytest.mark.timeout(900)
def test_the_service_keeps_what_the_document_promises(url: str, record: Record):
    # Given
    secrets = {"API_KEY": API_KEY, "MODERATOR_TOKEN": record.tokens.issue(ADMIN)}

    # When
    command: list[Any] = [SCHEMATHESIS, "--config-file", CONFIG, "run", f"{url}/openapi.json"]
    options = ["--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES]
    run = subprocess.run(
        [*command, *options, "--continue-on-failure", "--no-color"],
        cwd=ROOT,
        env=os.environ | secrets | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )

    # Then
    assert run.returncode == 0, run.stdout + run.stderr
