"""One message and its answer over one connection, and whether that can be used again."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import cast

from moderation import __version__
from moderation.delivery.addresses import Target
from moderation.delivery.wire import Deadline, Wire

#: So much of an answer's body is read; a connection with more of it is not used again.
BODY_BYTES = 16_384
#: So much of it is kept.
TEXT_BYTES = 1_024
#: A connection is not used for longer, so that a host that moves is followed.
CONNECTION_S = 60.0
USER_AGENT = f"comment-moderation-service/{__version__}"


class FinalAnswer(http.client.HTTPResponse):
    """An answer that is none while a receiver only says that it is at work.

    `http.client` passes over 100 alone; RFC 9110, section 15.2, wants it of every interim
    status. After 101, which nobody asked for, what follows is no HTTP.
    """

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc]
        is_interim = HTTPStatus.SWITCHING_PROTOCOLS < status < HTTPStatus.OK
        return version, HTTPStatus.CONTINUE if is_interim else status, reason


class Connection(http.client.HTTPConnection):
    """HTTP over a wire to one target; never connects by itself.

    Attributes:
        wire: what it speaks over.
        is_reusable: whether its last answer left it fit for another message.
    """

    auto_open = 0
    response_class = FinalAnswer

    def __init__(self, target: Target, wire: Wire) -> None:
        super().__init__(target.host, target.port)
        self.wire = wire
        self.is_reusable = False
        self.sock = cast(socket.socket, wire)
        self._target = target
        self._too_old_at = time.monotonic() + CONNECTION_S

    def serves(self, target: Target) -> bool:
        """Whether it can be used for a message to this target, as far as can be known."""
        is_young = time.monotonic() < self._too_old_at
        return is_young and self._target.origin == target.origin and self.wire.is_idle()

    def exchange(
        self, target: Target, headers: Mapping[str, str], body: bytes, deadline: Deadline
    ) -> tuple[http.client.HTTPResponse, str]:
        """Sends a message; its answer, and the beginning of that one's body.

        Raises:
            TimeoutError: the deadline passed.
            OSError: the connection ended before an answer, or that is too large.
            http.client.HTTPException: the answer is no HTTP.
        """
        ours = {"Host": target.authority, "User-Agent": USER_AGENT}
        self.is_reusable = False
        self.wire.begin(deadline)
        self.request("POST", target.path, body, ours | dict(headers))
        answer = self.getresponse()
        if self.wire.has_ended:  # in the middle of the headers, which `http.client` overlooks
            raise ConnectionResetError
        text = _text_of(answer)
        is_over = answer.isclosed() and answer.status >= HTTPStatus.OK
        self.is_reusable = is_over and not answer.will_close
        return answer, text


def _text_of(answer: http.client.HTTPResponse) -> str:
    """The beginning of the body; "" if that does not come."""
    try:
        body = answer.read(BODY_BYTES)
    except http.client.IncompleteRead as error:
        body = error.partial
    except (OSError, http.client.HTTPException, ValueError):  # the last for odd chunk sizes
        body = b""
    return body[:TEXT_BYTES].decode(errors="replace")
