"""Redis as large services have it: a cluster, a primary with a replica under Sentinels.

Real servers on the loopback; each context ends what it started.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis.crc import key_slot
from redis.exceptions import RedisError

from moderation.embedded import server_binary
from moderation.errors import RedisAwayError
from moderation.record.connection import connect
from moderation.record.keys import Keys

WAIT_S = 90.0
POLL_S = 0.05
HOST = "127.0.0.1"
SLOTS = 16_384
#: A node or a primary that is silent for so long is given up by the others.
DOWN_AFTER_MS = 1_000


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Returns when the condition holds; while its servers are away it does not."""
    deadline = time.monotonic() + WAIT_S
    while not _holds(condition):
        assert time.monotonic() < deadline, f"{what} took too long"
        time.sleep(POLL_S)


def _holds(condition: Callable[[], object]) -> bool:
    try:
        return bool(condition())
    except (RedisError, RedisAwayError):
        return False


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """One server process; what it wrote survives a kill in its folder."""

    folder: Path
    options: Sequence[str]
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self.connection = connect(self.url)
        self.start()

    def start(self) -> None:
        """Starts it, again after a kill."""
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                [server_binary(), *self.options, "--port", str(self.port), "--bind", HOST],
                cwd=self.folder,
                stdout=log,
            )
        wait_until(self.connection.ping, f"the server in {self.folder}")

    def ask(self, *command: str | int) -> Any:
        """What it answers to a command."""
        return self.connection.execute_command(*command)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"redis://{HOST}:{self.port}"

    @property
    def node_id(self) -> str:
        """What it is called in its cluster."""
        return str(self.ask("CLUSTER MYID"))

    def pause(self) -> None:
        """SIGSTOP: it hangs, as a server does whose disk does."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait(10)


def _durable(*more: str) -> list[str]:
    return ["--appendonly", "yes", "--save", "", "--repl-diskless-sync-delay", "0", *more]


@contextmanager
def server(folder: Path, *options: str) -> Iterator[Server]:
    """One server."""
    started = Server(folder, options)
    try:
        yield started
    finally:
        started.kill()
        started.connection.close()


@dataclass
class Cluster:
    """Three primaries with a third of the slots each, and a replica of the shard's primary."""

    primaries: list[Server]
    replica: Server
    shard_owner: Server

    @property
    def url(self) -> str:
        """Where the service finds the cluster."""
        nodes = [one for one in self.primaries if one is not self.shard_owner]
        hosts = ",".join(f"{HOST}:{one.port}" for one in [self.shard_owner, *nodes])
        return f"redis+cluster://{hosts}"


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A cluster of four nodes."""
    with ExitStack() as stack:
        nodes = [
            stack.enter_context(server(folder / f"node-{number}", *_cluster_options()))
            for number in range(4)
        ]
        *primaries, replica = nodes
        third = -(-SLOTS // len(primaries))
        for number, node in enumerate(primaries):
            last = min((number + 1) * third, SLOTS) - 1
            node.ask("CLUSTER ADDSLOTSRANGE", number * third, last)
        for node in nodes[1:]:
            nodes[0].ask("CLUSTER MEET", HOST, node.port, _bus_port(node))
        wait_until(lambda: all(_knows(node, len(nodes)) for node in nodes), "the cluster")
        owner = primaries[key_slot(Keys("0")("bell").encode()) // third]
        replica.ask("CLUSTER REPLICATE", owner.ask("CLUSTER", "MYID"))
        wait_until(lambda: is_copied(owner), "the replica")
        yield Cluster(primaries, replica, owner)


def _cluster_options() -> list[str]:
    bus = str(free_port())
    timeout = str(DOWN_AFTER_MS)
    return _durable(
        *("--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout", timeout)
    )


def _bus_port(node: Server) -> str:
    return node.options[node.options.index("--cluster-port") + 1]


def _knows(node: Server, how_many: int) -> bool:
    told = node.ask("CLUSTER INFO")
    return told["cluster_state"] == "ok" and int(told["cluster_known_nodes"]) == how_many


def is_copied(primary: Server) -> bool:
    """Whether a replica has all that this primary has."""
    replication = primary.connection.info("replication")
    return replication.get("slave0", {}).get("state") == "online"


def role(node: Server) -> str:
    """`master` or `slave`."""
    return str(node.connection.info("replication")["role"])


@dataclass
class Watched:
    """A primary and a replica, and three Sentinels that watch them."""

    primary: Server
    replica: Server
    sentinels: list[Server]

    @property
    def url(self) -> str:
        """Where the service finds the primary."""
        return f"sentinel://{','.join(f'{HOST}:{one.port}' for one in self.sentinels)}/news"


@contextmanager
def watched(folder: Path) -> Iterator[Watched]:
    """A primary with a replica under three Sentinels."""
    with ExitStack() as stack:
        primary = stack.enter_context(server(folder / "primary", *_durable()))
        of_primary = _durable("--replicaof", f"{HOST} {primary.port}")
        replica = stack.enter_context(server(folder / "replica", *of_primary))
        wait_until(lambda: is_copied(primary), "the replica")
        sentinels = [
            stack.enter_context(_sentinel(folder / f"sentinel-{number}", primary))
            for number in range(3)
        ]
        wait_until(lambda: all(map(_sees_everybody, sentinels)), "the Sentinels")
        yield Watched(primary, replica, sentinels)


@contextmanager
def _sentinel(folder: Path, primary: Server) -> Iterator[Server]:
    config = folder.with_suffix(".conf")
    config.write_text(
        f"sentinel monitor news {HOST} {primary.port} 2\n"
        f"sentinel down-after-milliseconds news {DOWN_AFTER_MS}\n"
        "sentinel failover-timeout news 5000\n"
    )
    with server(folder, str(config), "--sentinel") as started:
        yield started


def _sees_everybody(sentinel: Server) -> bool:
    fields: Any = sentinel.ask("SENTINEL MASTER", "news")
    return int(fields["num-slaves"]) == 1 and int(fields["num-other-sentinels"]) == 2
