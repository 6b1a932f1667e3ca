"""Several hosts on one machine: network namespaces on a switch, whose links can be cut.

Nothing here touches the machine's own network: the switch stands in a namespace too.
Needs root on Linux, and `ip`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

#: The hosts' addresses, from 1.
NETWORK = "10.77.0"


@dataclass(frozen=True)
class Host:
    """One host; `name` is its namespace, `port` its end at the switch."""

    name: str
    address: str
    port: str
    switch: str

    def command(self, *command: str) -> list[str]:
        """How a command is run on this host."""
        return ["ip", "netns", "exec", self.name, *command]

    def cut(self) -> None:
        """Cuts the host off: what it sends and what is sent to it vanishes."""
        _ip("-n", self.switch, "link", "set", self.port, "down")

    def mend(self) -> None:
        """Lets it speak again."""
        _ip("-n", self.switch, "link", "set", self.port, "up")


def unavailable() -> str:
    """Why there can be no hosts here; "" if there can."""
    if not shutil.which("ip"):
        return "no `ip` here"
    try:
        with hosts(["probe"]):
            return ""
    except subprocess.CalledProcessError as error:
        return f"no network namespaces here: {error.stderr.strip()}"


@contextmanager
def hosts(names: Sequence[str]) -> Iterator[dict[str, Host]]:
    """Hosts that reach each other, by name."""
    with ExitStack() as stack:
        prefix = f"mod{os.getpid()}"
        switch = stack.enter_context(_namespace(f"{prefix}-switch"))
        _ip("-n", switch, "link", "add", "bridge", "type", "bridge")
        _ip("-n", switch, "link", "set", "bridge", "up")
        yield {
            name: _host(
                stack.enter_context(_namespace(f"{prefix}-{name}")), number, switch=switch
            )
            for number, name in enumerate(names, start=1)
        }


def _host(name: str, number: int, *, switch: str) -> Host:
    host = Host(name, f"{NETWORK}.{number}", f"port{number}", switch)
    peer = ("peer", "name", host.port, "netns", switch)
    _ip("-n", name, "link", "add", "eth0", "type", "veth", *peer)
    _ip("-n", switch, "link", "set", host.port, "master", "bridge", "up")
    _ip("-n", name, "address", "add", f"{host.address}/24", "dev", "eth0")
    for link in ("lo", "eth0"):
        _ip("-n", name, "link", "set", link, "up")
    return host


@contextmanager
def _namespace(name: str) -> Iterator[str]:
    _ip("netns", "add", name)
    try:
        yield name
    finally:
        _ip("netns", "delete", name)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
