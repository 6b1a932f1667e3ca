"""Receivers of messages, well-behaved and otherwise: real servers on this machine."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Self

#: No receiver waits for longer, whatever a test does.
PATIENCE_S = 20.0
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"


@dataclass(frozen=True)
class Request:
    """What a receiver was sent."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Talk:
    """One connection, as a receiver sees it."""

    sock: socket.socket
    requests: list[Request]
    sent_bytes: int = 0
    _closed: threading.Event = field(default_factory=threading.Event)

    def hear(self) -> Request:
        """Reads one request; ends the talk when there is none."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self._read(1)
        line, *fields = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        headers = {name.lower(): value for name, value in (one.split(": ") for one in fields)}
        body = b""
        while len(body) < int(headers["content-length"]):
            body += self._read(int(headers["content-length"]) - len(body))
        request = Request(line, headers, body)
        self.requests.append(request)
        return request

    def say(self, data: bytes) -> None:
        """Sends some bytes; ends the talk when nobody listens any more."""
        self.sock.sendall(data)
        self.sent_bytes += len(data)

    def wait_for_the_end(self) -> None:
        """Goes on until the other side closes."""
        while self.sock.recv(4096):
            pass

    def close(self) -> None:
        """Hangs up."""
        self.sock.close()
        self._closed.set()

    def wait_until_closed(self) -> None:
        """Waits until the receiver has hung up."""
        assert self._closed.wait(PATIENCE_S)

    def _read(self, count: int) -> bytes:
        if data := self.sock.recv(count):
            return data
        raise EOFError


#: What a receiver does with a connection.
Script = Callable[[Talk], None]


def always(answer: bytes) -> Script:
    """Gives the same answer to every request."""

    def script(talk: Talk) -> None:
        while True:
            talk.hear()
            talk.say(answer)

    return script


def once(*answers: bytes) -> Script:
    """Gives each answer to one request, then closes."""

    def script(talk: Talk) -> None:
        for answer in answers:
            talk.hear()
            talk.say(answer)

    return script


@dataclass
class Receiver:
    """A server that follows one script a connection; the last script is that of all others."""

    scripts: tuple[Script, ...]
    tls: ssl.SSLContext | None = None
    talks: list[Talk] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    port: int = 0

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # wakes whoever waits for another connection
            self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE_S)
        self._listener.close()

    @property
    def url(self) -> str:
        scheme, host = ("https", "localhost") if self.tls else ("http", "127.0.0.1")
        return f"{scheme}://{host}:{self.port}/hook?token=hidden"

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                sock.settimeout(PATIENCE_S)
                script = self.scripts[min(len(self.talks), len(self.scripts) - 1)]
                talk = Talk(sock, self.requests)
                self.talks.append(talk)
                thread = threading.Thread(target=self._follow, args=(script, talk))
                thread.start()
                self._threads.append(thread)

    def _follow(self, script: Script, talk: Talk) -> None:
        try:
            if self.tls:
                talk.sock = self.tls.wrap_socket(talk.sock, server_side=True)
            script(talk)
        except (OSError, EOFError):
            pass
        finally:
            talk.close()


def receiver(*scripts: Script, tls: ssl.SSLContext | None = None) -> Receiver:
    """A receiver that follows these scripts."""
    return Receiver(scripts, tls)


@contextmanager
def closed_port() -> Iterator[int]:
    """A port at which nobody listens, and nobody else will."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]
