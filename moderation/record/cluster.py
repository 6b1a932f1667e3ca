"""A shard in a Redis Cluster: the node that has its slot.

All keys of a shard share one hash tag, so they lie in one slot, on one node, and whatever
works on a single server works there: scripts, transactions, pipelines, blocking reads. What
is left to do is to find that node. So there is no cluster client here, which would have to
split pipelines and forbids much of the above.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

import redis
from redis.connection import ConnectionPool, SSLConnection, parse_url
from redis.crc import key_slot
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from moderation.errors import SettingsError
from moderation.record import primaries

#: Comes after `redis` or `rediss` in the scheme of a URL.
CLUSTER_SUFFIX = "+cluster"


def is_cluster(url: str) -> bool:
    """Whether a URL names a cluster."""
    return urlsplit(url).scheme.endswith(CLUSTER_SUFFIX)


def connect_to_slot(url: str, key: str, options: Mapping[str, Any]) -> redis.Redis:
    """A lazy, pooled connection to the node that has the slot of a key.

    Args:
        url: `redis+cluster://[user:password@]host:port[,host:port]`, or `rediss+cluster://`;
            some of the cluster's nodes, they know the others.
        key: any key of the slot.
        options: of redis-py's connections.

    Raises:
        SettingsError: the URL names no node.
        ValueError: the URL cannot be read.
    """
    seeds = [_read(one) for one in _node_urls(urlsplit(url))]
    if not all("host" in one for one in seeds):
        raise SettingsError(
            "MODERATION_REDIS_URL: a cluster's URL names its nodes: "
            "redis+cluster://host:port,host:port"
        )
    owner = SlotOwner([{**options, **one} for one in seeds], key_slot(key.encode()))
    shared = {**options, **seeds[0]}
    is_tls = shared.pop("connection_class", None) is SSLConnection
    return primaries.client(owner.address, shared, tls=is_tls)


def _node_urls(parts: SplitResult) -> list[str]:
    scheme = parts.scheme.removesuffix(CLUSTER_SUFFIX)
    login, at, hosts = parts.netloc.rpartition("@")
    return [
        urlunsplit(parts._replace(scheme=scheme, netloc=f"{login}{at}{host}"))
        for host in hosts.split(",")
    ]


def _read(node_url: str) -> dict[str, Any]:
    options: dict[str, Any] = parse_url(node_url)  # type: ignore[no-untyped-call]
    return options


class SlotOwner:
    """Asks the nodes of a cluster which of them has one slot.

    Args:
        seeds: how to connect to some of the nodes.
        slot: from 0 to 16,383.
    """

    def __init__(self, seeds: Sequence[Mapping[str, Any]], slot: int) -> None:
        self._slot = slot
        self._nodes = [_node(one) for one in seeds]

    def address(self) -> tuple[str, int]:
        """Host and port of the slot's primary, as the first node that answers knows them.

        Raises:
            RedisConnectionError: no node answers, or none has the slot.
        """
        trouble = "no node has it"
        for node in self._nodes:
            try:
                found = self._primary(node)
            except RedisError as error:
                trouble = str(error)
                self._nodes = [*(one for one in self._nodes if one is not node), node]
                continue
            if found is not None:
                return found
        raise RedisConnectionError(f"slot {self._slot} of the cluster: {trouble}")

    def _primary(self, node: redis.Redis) -> tuple[str, int] | None:
        # https://valkey.io/commands/cluster-slots/
        ranges: Any = node.execute_command("CLUSTER SLOTS")  # type: ignore[no-untyped-call]
        for first, last, (host, port, *_), *_ in ranges:
            if first <= self._slot <= last:
                # A node that does not know its own name leaves it out.
                asked = node.connection_pool.connection_kwargs["host"]
                return str(host or asked), int(port)
        return None


def _node(options: Mapping[str, Any]) -> redis.Redis:
    ours = {
        # One that hangs is left for the next sooner than a command is given up.
        "socket_timeout": options["socket_connect_timeout"],
        "decode_responses": True,
    }
    return redis.Redis.from_pool(ConnectionPool(**{**options, **ours}))
