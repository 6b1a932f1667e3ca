"""Where a message goes: an endpoint's URL, and the addresses that its host has right now.

What is checked is what the host resolves to, never how it is written: `0x7f.1`, `2130706433`
and a name of one's own domain may all lead to this machine. Opens no connection.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import SplitResult, urlsplit

from moderation.delivery.networks import is_forbidden
from moderation.errors import ModerationError

URL_CHARACTERS = 2_048
#: How long a look-up may take when a URL is registered.
LOOK_UP_S = 5.0
_DEFAULT_PORTS = {"http": 80, "https": 443}
_WRITTEN = re.compile(r"[!-\[\]-~]+")  # visible ASCII, but no backslash
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*")

#: Host and port → what `socket.getaddrinfo` answers.
Resolve = Callable[[str, int], Iterable[tuple[Any, ...]]]


class UnsuitableUrlError(ModerationError):
    """Raised when nothing can or may be sent to a URL; the message says why, to its owner."""


class UnknownHostError(UnsuitableUrlError):
    """Raised when the host of a URL has no address, or none that can be found out now."""


class ForbiddenAddressError(UnsuitableUrlError):
    """Raised when one of a host's addresses is private or reserved.

    The message names no address: what a name means inside our network is nobody's business.
    """


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart.

    Attributes:
        is_tls: whether it is `https`.
        host: a name or an address, without brackets, in lower case.
        port: from 1 to 65535.
        path: what to ask for there, query and all.
    """

    is_tls: bool
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[bool, str, int]:
        """What a connection is opened to; targets that share it can share the connection."""
        return self.is_tls, self.host, self.port

    @property
    def authority(self) -> str:
        """Host and port as the `Host` header has them (RFC 9110, section 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_tls else 80) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Address:
    """What a socket connects to."""

    family: socket.AddressFamily
    sockaddr: tuple[Any, ...]


def system_resolve(host: str, port: int) -> Iterable[tuple[Any, ...]]:
    """Asks the system's resolver, looked up at each call since gevent replaces it."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


def check_url(
    url: str,
    *,
    allow_private: bool,
    resolve: Resolve = system_resolve,
    timeout_s: float = LOOK_UP_S,
) -> None:
    """Checks a URL before it is registered; each message checks the addresses again.

    A host that does not resolve is refused: most likely it is misspelt.

    Raises:
        UnsuitableUrlError: it cannot be sent to; the message tells its owner why.
    """
    target = target_of(url, allow_private=allow_private)
    try:
        look_up(target, allow_private=allow_private, resolve=resolve, timeout_s=timeout_s)
    except TimeoutError:
        raise UnknownHostError(
            f"the host {target.host} could not be looked up within {timeout_s:g} s: try again"
        ) from None


def target_of(url: str, *, allow_private: bool) -> Target:
    """Takes a URL apart (RFC 3986), strictly: two programs that read it read the same.

    Args:
        url: what somebody entered.
        allow_private: lets plain `http` pass too, for receivers that stand beside the service.

    Raises:
        UnsuitableUrlError: it is not a URL that a message can be sent to.
    """
    if len(url) > URL_CHARACTERS:
        raise UnsuitableUrlError(f"the URL is longer than {URL_CHARACTERS:,} characters")
    if not _WRITTEN.fullmatch(url):
        raise UnsuitableUrlError(
            "a URL has no spaces, backslashes or letters beyond ASCII: "
            "percent-encode them, and write the host in its xn-- form"
        )
    if "#" in url:
        raise UnsuitableUrlError("a webhook URL has no fragment (#…)")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UnsuitableUrlError("this is not a URL: check the host and the port") from None
    host = _host_of(parts, allow_private=allow_private)
    if port == 0:
        raise UnsuitableUrlError("the port must be from 1 to 65535")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme == "https", host, port or _DEFAULT_PORTS[parts.scheme], path)


def look_up(
    target: Target, *, allow_private: bool, resolve: Resolve, timeout_s: float
) -> tuple[Address, ...]:
    """The addresses of a host, every one of which may be sent to; at least one.

    The system's resolver cannot be interrupted. It works in a thread that is left to itself
    when the time is up, and ends when the resolver gives up.

    Raises:
        UnknownHostError: it has none.
        ForbiddenAddressError: one of them is forbidden, and who knows which one is meant.
        TimeoutError: the resolver did not answer in time.
    """
    found = _resolved(resolve, target, timeout_s)
    addresses = tuple(Address(family, sockaddr) for family, _, _, _, sockaddr in found)
    if not addresses:
        raise UnknownHostError(f"the host {target.host} has no address")
    if any(is_forbidden(one.sockaddr[0], allow_private=allow_private) for one in addresses):
        raise ForbiddenAddressError(
            f"the host {target.host} has an address that is private or reserved"
        )
    return addresses


def _host_of(parts: SplitResult, *, allow_private: bool) -> str:
    if parts.scheme not in (_DEFAULT_PORTS if allow_private else {"https"}):
        raise UnsuitableUrlError("the URL must begin with https://")
    if "@" in parts.netloc:
        raise UnsuitableUrlError("a webhook URL carries no user name or password")
    host = parts.hostname or ""
    if not host:
        raise UnsuitableUrlError("the URL names no host")
    if not (_is_ipv6(host) if ":" in host else _HOST.fullmatch(host)):
        raise UnsuitableUrlError("the URL's host is neither a name nor an address")
    return host


def _is_ipv6(host: str) -> bool:
    try:
        return IPv6Address(host).scope_id is None
    except ValueError:
        return False


def _resolved(resolve: Resolve, target: Target, timeout_s: float) -> list[tuple[Any, ...]]:
    answers: SimpleQueue[list[tuple[Any, ...]]] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(list(resolve(target.host, target.port)))
        except OSError:
            answers.put([])

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    try:
        return answers.get(timeout=timeout_s)
    except Empty:
        raise TimeoutError from None
