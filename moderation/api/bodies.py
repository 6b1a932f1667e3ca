"""What every body must be, whatever its call: whole, and sent as it is."""

from __future__ import annotations

from typing import IO, cast

import flask
from flask import Flask
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.utils import cached_property
from werkzeug.wsgi import LimitedStream


class WholeBody(LimitedStream):
    """A body of a length that was not announced.

    Werkzeug cuts one that is too large off, and a call would take the beginning for the whole.
    """

    def readall(self) -> bytes:
        """The body.

        Raises:
            RequestEntityTooLarge: it is larger than the call takes.
        """
        body = super().readall()
        if self.is_exhausted:
            self.on_exhausted()
        return body


class Request(flask.Request):
    """A request whose body is never taken for whole when it is not."""

    @cached_property
    def stream(self) -> IO[bytes]:
        """The body, to be read once."""
        limit = self.max_content_length
        if self.content_length is None and limit and "wsgi.input_terminated" in self.environ:
            return cast("IO[bytes]", WholeBody(self.environ["wsgi.input"], limit, is_max=True))
        return super().stream


def register(app: Flask) -> None:
    """Refuses bodies that an application's calls cannot use."""
    app.request_class = Request
    app.before_request(_refuse_compressed)


def _refuse_compressed() -> None:
    """A small body could otherwise become a very large one here."""
    if flask.request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("send the body as it is, without Content-Encoding")
