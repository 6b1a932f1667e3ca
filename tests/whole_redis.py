"""All that Redis holds, as text to search for what must not be there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import redis
from redis.client import NEVER_DECODE

from moderation.record.comment_hash import PACKED, fields_of

_WHOLE: dict[str, tuple[str, ...]] = {
    "string": ("GET",),
    "hash": ("HGETALL",),
    "list": ("LRANGE", "0", "-1"),
    "set": ("SMEMBERS",),
    "zset": ("ZRANGE", "0", "-1"),
    "stream": ("XRANGE", "-", "+"),
}


def everything(connection: redis.Redis) -> Iterator[str]:
    """Every key with all that it holds, RQ's too; packed fields unpacked.

    Args:
        connection: one that decodes answers, or one that does not.
    """
    for key in connection.scan_iter():
        kind: Any = connection.type(key)
        name = kind.decode() if isinstance(kind, bytes) else kind
        if name == "none":
            continue  # expired since the scan came by
        command, *rest = _WHOLE[name]
        held: Any = connection.execute_command(command, key, *rest, **{NEVER_DECODE: True})  # type: ignore[no-untyped-call]
        yield f"{key!r} = {held}"
        if name == "hash" and PACKED in held:
            yield repr(fields_of("", held))
