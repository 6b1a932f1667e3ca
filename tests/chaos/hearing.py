"""A receiver of webhooks on loopback that remembers which decisions it was told."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.chaos.ledger import Ledger, Told

#: Every so manieth message is turned away, so that some have to come again.
TURNED_AWAY = 97


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A deliverer that was killed in the middle of a message is no news."""


@contextmanager
def hearing(ledger: Ledger) -> Iterator[str]:
    """The base URL of a receiver, whose paths are sites, while the block runs."""
    messages = itertools.count(1)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if next(messages) % TURNED_AWAY == 0:
                self.answer(HTTPStatus.SERVICE_UNAVAILABLE)
                return
            if told["type"] == "decision.created":
                ledger.heard[self.path.strip("/")].add(Told.of(told["data"]))
            self.answer(HTTPStatus.OK)

        def answer(self, status: HTTPStatus) -> None:
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, name="hearing", daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
