"""The hash of one comment: how it is read, whatever it was written by.

`content` and the first decision lie packed in one field once the machine has decided. They lie
in fields of their own before that, when a person was first, and in records of schema 1.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import redis
from redis.client import NEVER_DECODE

from moderation.encoding import compact_json
from moderation.record.connection import redis_away
from moderation.record.keys import Keys
from moderation.record.packing import pack, unpack

log = logging.getLogger(__name__)

PACKED = b"packed"
#: The packed decision is the first one of its comment.
FIRST_REVISION = 1


def ask_for_hash(connection: redis.Redis, key: str) -> Any:
    """Asks for a comment's hash as bytes: packed fields are no text.

    Args:
        connection: or a pipeline.
        key: the comment's.

    Returns:
        What `fields_of` reads, or the pipeline.
    """
    return connection.execute_command("HGETALL", key, **{NEVER_DECODE: True})  # type: ignore[no-untyped-call]


def read_hashes(
    connection: redis.Redis, keys: Keys, site: str, comment_ids: Sequence[str]
) -> list[dict[str, str]]:
    """The fields of some comments in one round trip, none of one that is not there."""
    with redis_away(), connection.pipeline(transaction=False) as pipe:
        for comment_id in comment_ids:
            ask_for_hash(pipe, keys("comment", site, comment_id))
        return list(map(fields_of, comment_ids, pipe.execute()))


def fields_of(comment_id: str, raw: Mapping[bytes, bytes]) -> dict[str, str]:
    """The fields of a hash, unpacked: `content` and `decision:N` as JSON among them.

    If what is packed is damaged they are missing: one broken comment must not spoil a page of
    others, and `moderation check` finds it.
    """
    fields = {
        name.decode(errors="replace"): value.decode(errors="replace")
        for name, value in raw.items()
        if name != PACKED
    }
    if PACKED in raw:
        try:
            content, decision = unpack(raw[PACKED])
        except ValueError as error:
            log.error("the comment %r cannot be read: %s", comment_id, error)
        else:
            begin = _begin(comment_id, fields["article"])
            fields["content"] = content
            fields[f"decision:{FIRST_REVISION}"] = begin + decision[1:]
    return fields


def decisions_of(fields: Mapping[str, str], revision: int) -> list[dict[str, Any]]:
    """A comment's decisions up to a revision, the oldest first, as the contract has them."""
    return [
        json.loads(fields[name])
        for number in range(1, revision + 1)
        if (name := f"decision:{number}") in fields
    ]


def packed(comment_id: str, article_id: str, content: str, decision: str) -> bytes | str:
    """What becomes of a comment's content when the machine decides; "" to leave it as it is.

    Args:
        comment_id: the comment.
        article_id: its article.
        content: what the site posted, JSON.
        decision: the machine's, JSON as the contract writes it.
    """
    begin = _begin(comment_id, article_id)
    if not decision.startswith(begin):
        return ""
    return pack(content, "{" + decision[len(begin) :])


def _begin(comment_id: str, article_id: str) -> str:
    """How a decision begins: what the comment's key and fields say already is not packed."""
    return compact_json({"comment_id": comment_id, "article_id": article_id})[:-1] + ","
