"""A client of the service as the documentation tells clients to be: it asks until answered."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Any

import httpx

from tests.chaos.ledger import Ledger

#: No answer for so long is none; a stopped process is not waited for.
TIMEOUT_S = 4.0
PAUSE_S = 0.05
#: A service that does not answer for so long is given up.
PATIENCE_S = 180.0
#: Answers that say "try again", and must say when.
LATER = frozenset({HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS})


class GivenUpError(Exception):
    """Raised when a request is not answered, however often it is repeated."""


class Callers:
    """All clients of one service; closed together.

    Args:
        url: of the service.
        ledger: told what went wrong.
        transport: other than sockets.
    """

    def __init__(
        self, url: str, ledger: Ledger, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._url, self._ledger, self._transport = url, ledger, transport
        self._clients: list[httpx.Client] = []

    def new(self, bearer: str) -> Caller:
        """One more client, with an API key or a token."""
        headers = {"Authorization": f"Bearer {bearer}"}
        client = httpx.Client(
            base_url=self._url, headers=headers, timeout=TIMEOUT_S, transport=self._transport
        )
        self._clients.append(client)
        return Caller(client, self._ledger)

    def close(self) -> None:
        """Closes their connections."""
        for client in self._clients:
            client.close()


class Caller:
    """One client."""

    def __init__(self, client: httpx.Client, ledger: Ledger) -> None:
        self._client, self._ledger = client, ledger

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """The answer, however often it takes; the request must be repeatable.

        Raises:
            GivenUpError: there is none.
        """
        deadline = time.monotonic() + PATIENCE_S
        while (answer := self.ask_once(method, path, **more)) is None:
            if time.monotonic() > deadline:
                self._ledger.note_wrong("never answered")
                raise GivenUpError(path)
            time.sleep(PAUSE_S)
        return answer

    def ask_once(self, method: str, path: str, **more: Any) -> httpx.Response | None:
        """The answer, `None` for none or one that says to try again."""
        try:
            answer = self._client.request(method, path, **more)
        except httpx.TransportError as error:
            self._ledger.note_unanswered(type(error).__name__)
            return None
        if answer.status_code in LATER:
            self._ledger.note_unanswered(str(answer.status_code))
            if "Retry-After" not in answer.headers:
                self._ledger.note_wrong(f"{answer.status_code} without Retry-After")
            return None
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._ledger.note_wrong(f"status {answer.status_code}")
            return None
        return answer
