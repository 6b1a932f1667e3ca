"""A bare stream consumer: the least that can decide comments a batch at a time.

The text is in the stream's entry, and there is no policy and no index: only reading,
scoring with the same release, and writing the decision. It decides nothing that a person
could look up by article or author.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from redis.exceptions import ResponseError

from benchmarks.rivals.kit import Kit, compact, feed, rounded

STREAM = "comments"
GROUP = "consumers"
BATCH = 256
BLOCK_MS = 1_000


def main() -> None:
    """Consumes until it is killed."""
    kit = Kit.unpack()
    with suppress(ResponseError):  # it exists
        kit.connection.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    kit.say_ready()
    while True:
        reply: Any = kit.connection.xreadgroup(
            GROUP, "consumer", {STREAM: ">"}, count=BATCH, block=BLOCK_MS
        )
        for _, entries in reply or ():
            decide(kit, entries)


def decide(kit: Kit, entries: Sequence[tuple[str, dict[str, str]]]) -> None:
    """Scores a batch and writes its decisions in one round trip."""
    scored = kit.release.score([fields["text"] for _, fields in entries])
    with kit.connection.pipeline(transaction=False) as pipe:
        for (_, fields), one in zip(entries, scored, strict=True):
            action = "hold" if kit.release.holds(one.scores) else "approve"
            decision = compact(
                {
                    "comment_id": fields["comment"],
                    "action": action,
                    "scores": rounded(one.scores),
                    "model": kit.release.version,
                }
            )
            pipe.hset(
                f"decision:{fields['comment']}",
                mapping={"action": action, "decision": decision},
            )
            pipe.xadd(feed(fields["site"]), {"decision": decision})
        pipe.xack(STREAM, GROUP, *(entry for entry, _ in entries))
        pipe.execute()


if __name__ == "__main__":
    main()
