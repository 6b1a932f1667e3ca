"""A receiver of webhooks that does nothing else: as quick as one may be, or one that hangs.

`GET /` tells how many messages came.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import socket

HEADER_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Receiver(asyncio.Protocol):
    """One connection, kept alive."""

    received = 0
    hangs = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        """Called by asyncio; answers every request that is whole."""
        self._buffer += data
        while HEADER_END in self._buffer:
            head, rest = self._buffer.split(HEADER_END, 1)
            length = int(found[1]) if (found := _LENGTH.search(head)) else 0
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            self._answer(is_post=head.startswith(b"POST"))

    def _answer(self, *, is_post: bool) -> None:
        if is_post:
            Receiver.received += 1
            if Receiver.hangs:
                return
        body = b"" if is_post else str(Receiver.received).encode()
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        )


async def serve(listener: socket.socket, *, hangs: bool) -> None:
    """Answers on a listening socket until it is ended."""
    Receiver.hangs = hangs
    server = await asyncio.get_running_loop().create_server(Receiver, sock=listener)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hang", action="store_true", help="never answer a message")
    parser.add_argument("listen_fd", type=int)
    given = parser.parse_args()
    asyncio.run(serve(socket.socket(fileno=given.listen_fd), hangs=given.hang))
