"""Connections to Redis: one kind for the record (text), one for RQ (raw bytes).

RQ leaves jobs queued silently on a connection with `decode_responses`, so the two are
never shared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

import redis
from redis.backoff import ConstantBackoff
from redis.exceptions import (
    BusyLoadingError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
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

#: How long a connection may take to open.
CONNECT_TIMEOUT_S = 2.0
#: How long one command may take; blocking reads stay below it.
COMMAND_TIMEOUT_S = 10.0
SENTINEL_SCHEME = "sentinel"
DEFAULT_SENTINEL_PORT = 26379

#: What Redis answers when it is away, still loading, a replica, or full.
AWAY = (
    RedisConnectionError,
    RedisTimeoutError,
    BusyLoadingError,
    ReadOnlyError,
    OutOfMemoryError,
)

#: Codes of answers that say the same and have no class of their own: a full disk, too few
#: replicas, a cluster or a replica without its master.
_AWAY_CODES = re.compile(r"\b(?:MISCONF|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|TRYAGAIN)\b")


def connect(url: str, *, text: bool = True) -> redis.Redis:
    """A lazy, pooled connection; nothing is sent before its first command.

    Args:
        url: `redis://`, `rediss://`, `unix://` or
            `sentinel://[user:password@]host:port[,host:port]/SERVICE[/DB]`.
        text: answers as `str`; `False` for RQ, which needs bytes.

    Raises:
        SettingsError: the URL cannot be read.
    """
    options = {
        "decode_responses": text,
        # Bytes that we never wrote must not stop whoever reads past them.
        "encoding_errors": "replace",
        # The older protocol: the same answer shapes on every server and in fakeredis.
        "protocol": 2,
        "socket_timeout": COMMAND_TIMEOUT_S,
        "socket_connect_timeout": CONNECT_TIMEOUT_S,
        "retry": Retry(ConstantBackoff(0.05), retries=1),
        # What a read-only replica or a loading server answers is worth one more try.
        "retry_on_error": [ReadOnlyError],
    }
    try:
        if urlsplit(url).scheme == SENTINEL_SCHEME:
            return _from_sentinels(url, options)
        if urlsplit(url).scheme == "unix":
            del options["socket_connect_timeout"]
        return redis.Redis.from_url(url, **options)
    except ValueError as error:
        raise SettingsError(f"MODERATION_REDIS_URL cannot be used: {error}") from None


def _from_sentinels(url: str, options: dict[str, object]) -> redis.Redis:
    parts = urlsplit(url)
    login, _, hosts = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    service, _, database = parts.path.strip("/").partition("/")
    if not service:
        raise ValueError("a sentinel:// URL names the service: sentinel://host:26379/SERVICE")
    sentinels = Sentinel(  # type: ignore[no-untyped-call]
        [_host_and_port(host) for host in hosts.split(",")],
        socket_timeout=CONNECT_TIMEOUT_S,
    )
    master: redis.Redis = sentinels.master_for(  # type: ignore[no-untyped-call]
        service,
        db=int(database or 0),
        username=unquote(user) or None,
        password=unquote(password) or None,
        **options,
    )
    return master


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
