"""A moderator's browser as far as it can be timed: one connection, one session, one token."""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin

from benchmarks.stand import StandError
from moderation.bootstrap import DEMO_SITE
from moderation.domain import Role
from moderation.record import Record

NAME = "bench"
TIMEOUT_S = 30.0
OK = 200
#: What a page loads besides itself, and what a module of ours imports.
_LOADED = re.compile(r'<(?:link|script)\b[^>]*?(?:href|src)="(/[^"]+)"')
_IMPORTED = re.compile(r"""\bimport\b[^"';]*["'](\.[^"']+)["']""")


@dataclass(frozen=True)
class Answer:
    """An answer, and how long it took until its last byte was here."""

    body: bytes
    ms: float

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8")


class Visitor:
    """A moderator at the site `demo`, signed in and with a token."""

    def __init__(self, address: tuple[str, int], record: Record) -> None:
        record.moderators.create(NAME, {DEMO_SITE: Role.ADMIN}, "a password of the benchmark")
        secret = record.sessions.start(NAME)
        session = record.sessions.open(secret)
        self._page = {"Cookie": f"moderation_session={secret}"}
        self._form = self._page | {
            "X-CSRF-Token": session.csrf_token if session else "",
            "HX-Request": "true",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self._json = {
            "Authorization": f"Bearer {record.tokens.issue(NAME)}",
            "Content-Type": "application/json",
        }
        self._connection = http.client.HTTPConnection(*address, timeout=TIMEOUT_S)

    def close(self) -> None:
        """Hangs up."""
        self._connection.close()

    def page(self, path: str) -> Answer:
        """A page, or a part of one."""
        return self._ask("GET", path, None, self._page)

    def read(self, path: str, *, api_key: str) -> Answer:
        """What a site reads with its key."""
        return self._ask("GET", path, None, {"Authorization": f"Bearer {api_key}"})

    def send(self, path: str, **fields: Any) -> Answer:
        """A form, sent as the console's script sends it."""
        return self._ask("POST", path, urlencode(fields), self._form)

    def call(self, path: str, **body: Any) -> Answer:
        """A POST of JSON with the token."""
        return self._ask("POST", path, json.dumps(body), self._json)

    def weight_bytes(self, path: str) -> int:
        """What a browser with an empty cache is sent for a page; our files come compressed."""
        page = self.page(path)
        return len(page.body) + sum(self._weights(_LOADED.findall(page.text), set()))

    def _weights(self, paths: list[str], seen: set[str]) -> Iterator[int]:
        for path in paths:
            if path in seen:
                continue
            seen.add(path)
            yield len(self._ask("GET", path, None, {"Accept-Encoding": "gzip"}).body)
            if path.endswith(".js") and "/vendor/" not in path:
                source = self._ask("GET", path, None, {}).text
                modules = [urljoin(path, one) for one in _IMPORTED.findall(source)]
                yield from self._weights(modules, seen)

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        started = time.perf_counter()
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        answer = Answer(response.read(), (time.perf_counter() - started) * 1000)
        if response.status != OK:
            raise StandError(f"{method} {path} was answered with {response.status}")
        return answer
