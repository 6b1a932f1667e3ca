"""gunicorn's gevent worker with bounds: on connections, on slow clients, on its own end.

What it adds: connections past a number are answered with 503; a client that sends or reads too
slowly is let go; what is no HTTP is answered with a problem and never logged; at a shutdown
connections without a request end at once, so that the time is left to those with one.
"""

from __future__ import annotations

import json
import logging
import socket
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import gevent
from gunicorn import util
from gunicorn.http import errors
from gunicorn.http.body import Body
from gunicorn.workers.ggevent import GeventWorker

from moderation.client_socket import ClientSocket, HeadTooLargeError

log = logging.getLogger(__name__)

#: Connections past those that are served: so many at once are told so, more wait.
REFUSED_AT_ONCE = 64
#: How long a refused client may take to read that.
REFUSE_S = 2.0
RETRY_AFTER_S = 1
#: So much of a body that nobody read is read for the sake of the next request.
REST_BYTES = 1024 * 1024
READ_BYTES = 65_536
#: What a parser's error says to the client; the others are 400.
STATUSES: dict[type[BaseException], tuple[HTTPStatus, str]] = {
    errors.LimitRequestLine: (HTTPStatus.REQUEST_URI_TOO_LONG, "the address is too long"),
    errors.LimitRequestHeaders: (
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "there are too many headers, or one is too long",
    ),
    HeadTooLargeError: (
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "there are too many headers, or one is too long",
    ),
    errors.UnsupportedTransferCoding: (
        HTTPStatus.NOT_IMPLEMENTED,
        "this transfer coding is not known here",
    ),
    errors.ExpectationFailed: (
        HTTPStatus.EXPECTATION_FAILED,
        "this expectation cannot be met here",
    ),
}
NOT_HTTP = (HTTPStatus.BAD_REQUEST, "this is no HTTP/1.1 request as RFC 9112 writes it")
BROKEN = (HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong here")
FULL = (HTTPStatus.SERVICE_UNAVAILABLE, "too many connections at once; try again")


class BrokenBodyError(OSError):
    """Raised when a body breaks the rules of its coding; an application expects `OSError`."""


class RequestBody(Body):
    """A request's body whose errors an application understands; after one the connection ends.

    Where the next request would begin is unknown then.
    """

    def __init__(self, request: Any) -> None:
        super().__init__(request.body.reader)
        self._request = request
        self._is_last_anyway = request.should_close
        request.should_close = self._is_last

    def read(self, size: int | None = None) -> bytes:
        """Some of it, nothing at its end.

        Raises:
            BrokenBodyError: its chunks are none.
            SlowClientError: it comes too slowly.
        """
        try:
            return bytes(super().read(size))
        except errors.ParseException:
            self._request.force_close()
            raise BrokenBodyError("the body is not coded as RFC 9112 writes it") from None
        except OSError:
            self._request.force_close()
            raise

    def _is_last(self) -> bool:
        """Asked by gunicorn before it says in an answer whether the connection ends.

        It will if more is left than `read_rest` reads: a client that is not told sends its next
        request into the void.
        """
        left = getattr(self.reader, "length", 0)  # chunks do not tell theirs
        return self._is_last_anyway() or left >= REST_BYTES

    def read_rest(self) -> None:
        """Reads what nobody did, so that the next request can be told from it.

        Raises:
            StopIteration: there is much of it; gunicorn then closes the connection.
            OSError: as for `read`.
        """
        left = REST_BYTES
        while part := self.read(READ_BYTES):
            left -= len(part)
            if left <= 0:
                raise StopIteration


class HttpWorker(GeventWorker):
    """One process of the HTTP service."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._served_at_once = self.worker_connections
        self.worker_connections += REFUSED_AT_ONCE
        self._clients: set[ClientSocket] = set()

    def handle(self, listener: Any, client: socket.socket, addr: Any) -> None:
        """Called by gevent for each connection."""
        if len(self._clients) >= self._served_at_once:
            _refuse(client)
            return
        patience_s = self.app.settings.client_timeout_s
        connection = ClientSocket(
            client, patience_s=patience_s, is_leaving=lambda: not self.alive
        )
        self._clients.add(connection)
        try:
            super().handle(listener, connection, addr)
        finally:
            self._clients.discard(connection)

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> None:
        """Called by gunicorn for each request, once its head is there."""
        sock.expect_body()
        req.body = RequestBody(req)
        super().handle_request(listener_name, req, sock, addr)
        req.body.read_rest()
        sock.expect_head()

    def handle_error(self, _req: Any, client: Any, _addr: Any, exc: BaseException) -> None:
        """Called by gunicorn for what it cannot parse, and for bugs."""
        is_theirs = isinstance(exc, errors.ParseException | HeadTooLargeError)
        if not is_theirs:
            log.error("an unexpected error on a connection", exc_info=exc)
        status, detail = STATUSES.get(type(exc), NOT_HTTP) if is_theirs else BROKEN
        with suppress(OSError):
            client.sendall(_problem(status, detail))

    def dismiss_idle(self) -> None:
        """Ends the connections on which no request is under way."""
        for client in [one for one in self._clients if one.is_idle]:
            with suppress(OSError):
                client.dismiss()


def _refuse(client: socket.socket) -> None:
    with gevent.Timeout(REFUSE_S, False), suppress(OSError):
        client.sendall(_problem(*FULL, f"Retry-After: {RETRY_AFTER_S}\r\n"))
        # Closed over bytes that nobody read, a connection is reset, and the answer lost.
        client.shutdown(socket.SHUT_WR)
        while client.recv(READ_BYTES):
            pass
    util.close(client)


def _problem(status: HTTPStatus, detail: str, headers: str = "") -> bytes:
    """An answer as RFC 9457 writes it, on a connection that ends with it."""
    problem = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
    }
    body = json.dumps(problem)
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\n{headers}"
        f"Content-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode("ascii")
