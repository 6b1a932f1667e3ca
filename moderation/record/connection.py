"""Connections to Redis: one kind for the record (text), one for RQ (raw bytes).

RQ leaves jobs queued silently on a connection with `decode_responses`, so the two are
never shared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

import redis
from redis.backoff import ConstantBackoff
from redis.exceptions import (
    AskError,
    BusyLoadingError,
    ClusterDownError,
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import (
    ConnectionError as RedisConnectionError,
)
from redis.exceptions import (
    TimeoutError as RedisTimeoutError,
)
from redis.retry import Retry
from redis.sentinel import Sentinel

from moderation.errors import RedisAwayError, SettingsError
from moderation.record import primaries
from moderation.record.cluster import connect_to_slot, is_cluster
from moderation.settings import mask_url

#: How long a connection may take to open.
CONNECT_TIMEOUT_S = 2.0
#: How long one command may take; blocking reads stay below it.
COMMAND_TIMEOUT_S = 10.0
SENTINEL_SCHEME = "sentinel"
DEFAULT_SENTINEL_PORT = 26379

#: What Redis answers when it is away, still loading, a replica, or full; and a cluster while
#: a slot has no primary or is on its way to another node.
AWAY = (
    RedisConnectionError,
    RedisTimeoutError,
    BusyLoadingError,
    ReadOnlyError,
    OutOfMemoryError,
    MasterDownError,
    ClusterDownError,
    TryAgainError,
    AskError,
)

#: Codes of answers that say the same and have no class of their own: a full disk, too few
#: replicas, a cluster or a replica without its master.
_AWAY_CODES = re.compile(r"\b(?:MISCONF|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|TRYAGAIN)\b")


def connect(url: str, *, text: bool = True, routing_key: str = "") -> redis.Redis:
    """A lazy, pooled connection; nothing is sent before its first command.

    Args:
        url: `redis://`, `rediss://`, `unix://`,
            `sentinel://[user:password@]host:port[,host:port]/SERVICE[/DB]` or
            `redis+cluster://[user:password@]host:port[,host:port]` (`rediss+cluster://`).
        text: answers as `str`; `False` for RQ, which needs bytes.
        routing_key: in a cluster, any key of the slot that is spoken to.

    Raises:
        SettingsError: the URL cannot be read.
    """
    options: dict[str, Any] = {
        "decode_responses": text,
        # Bytes that we never wrote must not stop whoever reads past them.
        "encoding_errors": "replace",
        # The older protocol: the same answer shapes on every server and in fakeredis.
        "protocol": 2,
        "socket_timeout": COMMAND_TIMEOUT_S,
        "socket_connect_timeout": CONNECT_TIMEOUT_S,
        # Not after a time out: whoever asks has waited long enough for one that hangs.
        "retry": Retry(
            ConstantBackoff(0.05), retries=1, supported_errors=(RedisConnectionError,)
        ),
        # What a read-only replica or a loading server answers is worth one more try.
        "retry_on_error": [ReadOnlyError],
    }
    try:
        if urlsplit(url).scheme == SENTINEL_SCHEME:
            return _from_sentinels(url, options)
        if is_cluster(url):
            return connect_to_slot(url, routing_key, options)
        if urlsplit(url).scheme == "unix":
            del options["socket_connect_timeout"]
        return redis.Redis.from_url(url, **options)
    except ValueError:
        # Its words would quote the URL, and with it a part of the password.
        raise SettingsError(
            "MODERATION_REDIS_URL or MODERATION_RQ_URL cannot be used: it begins with "
            "redis://, rediss://, unix://, sentinel:// or redis+cluster://, and what in a user "
            f"name or password is no letter or digit is percent-encoded: {mask_url(url)}"
        ) from None


def _from_sentinels(url: str, options: dict[str, Any]) -> redis.Redis:
    parts = urlsplit(url)
    login, _, hosts = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    service, _, database = parts.path.strip("/").partition("/")
    if not service:
        raise SettingsError(
            "MODERATION_REDIS_URL: a sentinel:// URL names the service: "
            "sentinel://host:26379/SERVICE"
        )
    sentinels = Sentinel(  # type: ignore[no-untyped-call]
        [_host_and_port(host) for host in hosts.split(",")],
        socket_timeout=CONNECT_TIMEOUT_S,
    )
    login_options = {
        "db": int(database or 0),
        "username": unquote(user) or None,
        "password": unquote(password) or None,
    }
    find = partial(sentinels.discover_master, service)
    return primaries.client(find, {**options, **login_options})


def _host_and_port(text: str) -> tuple[str, int]:
    host, _, port = text.partition(":")
    return host, int(port or DEFAULT_SENTINEL_PORT)


@contextmanager
def redis_away() -> Iterator[None]:
    """Turns what redis-py raises when Redis is away into `RedisAwayError`."""
    try:
        yield
    except AWAY as error:
        raise RedisAwayError(str(error)) from error
    except ResponseError as error:
        if not _AWAY_CODES.search(str(error)):
            raise
        raise RedisAwayError(str(error)) from error
