"""Who is visiting: a secret in a cookie, and how often an address may post."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

from flask import Request
from werkzeug.wrappers import Response

COOKIE = "demo_visitor"
COOKIE_MAX_AGE_S = 30 * 86_400
_SECRET = re.compile(r"[\w-]{20,64}", re.ASCII)

#: Above the ten a minute at which the site's policy holds a flood, so that it can be seen.
POSTS_PER_WINDOW = 60
WINDOW_S = 60.0
#: Addresses that are remembered; when there are more, the quiet ones are forgotten.
MOST_ADDRESSES = 10_000


AnyResponse = TypeVar("AnyResponse", bound=Response)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody's browser."""

    secret: str
    is_new: bool = False

    @property
    def author_id(self) -> str:
        """The visitor's id as an author; who knows it cannot make the cookie from it."""
        return "visitor-" + sha256(self.secret.encode()).hexdigest()[:24]

    @classmethod
    def of(cls, request: Request) -> Visitor:
        """The visitor of a request, a new one if it carries no cookie of ours."""
        found = request.cookies.get(COOKIE, "")
        if _SECRET.fullmatch(found):
            return cls(found)
        return cls(secrets.token_urlsafe(24), is_new=True)

    def remember(self, response: AnyResponse, *, secure: bool) -> AnyResponse:
        """The response, with a cookie for a new visitor."""
        if self.is_new:
            response.set_cookie(
                COOKIE,
                self.secret,
                max_age=COOKIE_MAX_AGE_S,
                path="/demo",
                secure=secure,
                httponly=True,
                samesite="Lax",
            )
        return response


class Throttle:
    """How often each address posted lately, in this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._posts: dict[str, deque[float]] = {}

    def wait_s(self, address: str) -> float:
        """Counts a post and returns 0, or how long this address has to wait."""
        now = self._clock()
        with self._lock:
            self._forget_quiet(now)
            posts = self._posts.setdefault(address, deque())
            while posts and posts[0] <= now - WINDOW_S:
                posts.popleft()
            if len(posts) >= POSTS_PER_WINDOW:
                return posts[0] + WINDOW_S - now
            posts.append(now)
            return 0.0

    def _forget_quiet(self, now: float) -> None:
        if len(self._posts) < MOST_ADDRESSES:
            return
        loud = {
            address: posts
            for address, posts in self._posts.items()
            if posts and posts[-1] > now - WINDOW_S
        }
        # A flood from everywhere at once: forgetting it all beats growing without end.
        self._posts = loud if len(loud) < MOST_ADDRESSES else {}
