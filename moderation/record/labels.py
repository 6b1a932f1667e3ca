"""Labels in Redis: whose comments carry a verdict, imported and kept labels, and doubts.

The label of a living comment is not stored: it is what its chain of decisions says. Stored
are labels without a comment: imported ones, and what erased comments taught.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import redis

from moderation.chunks import in_chunks
from moderation.encoding import compact_json
from moderation.labels import Label, LabelOrigin
from moderation.record.comment_hash import decisions_of, read_hashes
from moderation.record.connection import redis_away
from moderation.record.keys import Keys

#: Labels or comments that one round trip reads or writes.
AT_ONCE = 200
#: Doubts that are kept of a site, the strongest.
DOUBTS_KEPT = 500
#: A summary is counted anew after this even if nothing is known to have changed.
SUMMARY_TTL_S = 600


@dataclass(frozen=True, slots=True)
class Judged:
    """A comment that a person decided, as its label is made of.

    Attributes:
        id: its id.
        text: its text.
        revision: how many decisions it has.
        decisions: its decisions as the contract writes them, the oldest first.
        sampled: with what propensity it was sampled for review, `None` if it was not.
    """

    id: str
    text: str
    revision: int
    decisions: list[dict[str, Any]]
    sampled: str | None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A label that is most probably a mistake: the classifier, not shown it, disagrees.

    Attributes:
        label_id: the label.
        comment_id: the comment that carries it, "" for a stored label.
        category: what the label is about.
        label: what it says, 0 or 1.
        probability: that it is 1, as the others teach it.
    """

    label_id: str
    comment_id: str
    category: str
    label: int
    probability: float

    @property
    def reference(self) -> str:
        """What it is about: a comment, so that it goes with it, or a stored label."""
        return f"c:{self.comment_id}" if self.comment_id else f"l:{self.label_id}"

    @property
    def certainty(self) -> float:
        """How far the probability is from the label, 1 for as far as can be."""
        return abs(self.label - self.probability)


class Labels:
    """The labels of the sites of one shard."""

    def __init__(self, connection: redis.Redis, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    def decided_ids(self, site: str, most: int | None = None) -> list[str]:
        """The comments whose last decision is a person's verdict, the newest first."""
        last = -1 if most is None else most - 1
        with redis_away():
            found: Any = self._connection.zrange(
                self._keys("labelled", site), 0, last, desc=True
            )
        return list(found)

    def judged(self, site: str, comment_ids: Sequence[str]) -> list[Judged]:
        """Some comments, in order; those that were erased are left out."""
        hashes = read_hashes(self._connection, self._keys, site, comment_ids)
        return [
            _judged(comment_id, fields)
            for comment_id, fields in zip(comment_ids, hashes, strict=True)
            if "content" in fields
        ]

    def stored_ids(self, site: str) -> list[str]:
        """The ids of the imported and kept labels, in an order that stays."""
        with redis_away():
            found: Any = self._connection.hkeys(self._keys("labels", site))
        return sorted(found)

    def stored(self, site: str, ids: Sequence[str]) -> list[Label]:
        """Some imported or kept labels, in order; those that are gone are left out."""
        if not ids:
            return []
        with redis_away():
            found: Any = self._connection.hmget(self._keys("labels", site), list(ids))
        return [Label.from_stored(id_, one) for id_, one in zip(ids, found, strict=True) if one]

    def put(self, site: str, labels: Sequence[Label]) -> None:
        """Stores labels, each in the place of the one with its id."""
        if labels:
            written: Any = {label.id: label.stored() for label in labels}
            with redis_away(), self._connection.pipeline(transaction=True) as pipe:
                pipe.hset(self._keys("labels", site), mapping=written)
                pipe.delete(self._keys("label_summary", site))
                pipe.execute()

    def remove(self, site: str, ids: Sequence[str]) -> None:
        """Removes stored labels, with what was said about doubts in them."""
        references = [f"l:{id_}" for id_ in ids]
        if ids:
            with redis_away(), self._connection.pipeline(transaction=True) as pipe:
                pipe.hdel(self._keys("labels", site), *ids)
                pipe.hdel(self._keys("doubts", site), *references)
                pipe.hdel(self._keys("dismissed_doubts", site), *references)
                pipe.delete(self._keys("label_summary", site))
                pipe.execute()

    def remove_origin(self, site: str, origin: LabelOrigin) -> int:
        """Removes every stored label of one origin; how many there were."""
        removed = 0
        for ids in in_chunks(self.stored_ids(site), AT_ONCE):
            found = [one.id for one in self.stored(site, ids) if one.origin is origin]
            self.remove(site, found)
            removed += len(found)
        return removed

    def summary(self, site: str) -> dict[str, Any] | None:
        """What was counted last, `None` if labels came or went since, or it was long ago."""
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            pipe.get(self._keys("label_summary", site))
            self._ask_for_mark(pipe, site)
            found, *mark = pipe.execute()
        stored = json.loads(found) if found else {}
        return stored["summary"] if stored.get("mark") == _mark(mark) else None

    def mark(self, site: str) -> str:
        """What changes whenever a label comes or goes; read before labels are counted."""
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            self._ask_for_mark(pipe, site)
            return _mark(pipe.execute())

    def put_summary(self, site: str, summary: Mapping[str, Any], *, mark: str) -> None:
        """Remembers what was counted."""
        written = compact_json({"mark": mark, "summary": summary})
        with redis_away():
            self._connection.set(self._keys("label_summary", site), written, ex=SUMMARY_TTL_S)

    def put_doubts(self, site: str, doubts: Iterable[tuple[str, str, str, int, float]]) -> int:
        """Replaces the doubts of a site by those that nobody has dismissed; how many.

        Args:
            site: whose labels.
            doubts: id of the label, comment or "", category, label, probability of a 1. Of
                several about one label the strongest is kept.
        """
        key = self._keys("doubts", site)
        with redis_away():
            dismissed: Any = self._connection.hgetall(self._keys("dismissed_doubts", site))
        strongest: dict[str, Doubt] = {}
        for doubt in sorted(
            (Doubt(*one) for one in doubts), key=lambda one: one.certainty, reverse=True
        ):
            if dismissed.get(doubt.reference) != _said(doubt):
                strongest.setdefault(doubt.reference, doubt)
        kept = dict(list(strongest.items())[:DOUBTS_KEPT])
        with redis_away(), self._connection.pipeline(transaction=True) as pipe:
            pipe.delete(key)
            if kept:
                pipe.hset(key, mapping={name: _written(one) for name, one in kept.items()})
            pipe.execute()
        return len(kept)

    def doubts(self, site: str) -> list[Doubt]:
        """The doubts of a site, the strongest first."""
        with redis_away():
            found: Any = self._connection.hvals(self._keys("doubts", site))
        doubts = [Doubt(*json.loads(one)) for one in found]
        return sorted(doubts, key=lambda one: (-one.certainty, one.reference))

    def dismiss(self, site: str, doubt: Doubt) -> None:
        """Remembers that a label is right; the same doubt is not raised again."""
        with redis_away(), self._connection.pipeline(transaction=True) as pipe:
            pipe.hset(self._keys("dismissed_doubts", site), doubt.reference, _said(doubt))
            pipe.hdel(self._keys("doubts", site), doubt.reference)
            pipe.execute()

    def _ask_for_mark(self, pipe: Any, site: str) -> None:
        pipe.zcard(self._keys("labelled", site))
        pipe.zrange(self._keys("labelled", site), 0, 0, desc=True, withscores=True)
        pipe.hlen(self._keys("labels", site))


def _judged(comment_id: str, fields: Mapping[str, str]) -> Judged:
    revision = int(fields["revision"])
    text = json.loads(fields["content"])["text"]
    decisions = decisions_of(fields, revision)
    return Judged(comment_id, text, revision, decisions, fields.get("sampled"))


def _mark(found: Sequence[Any]) -> str:
    return compact_json(found)


def _said(doubt: Doubt) -> str:
    return f"{doubt.category} {doubt.label}"


def _written(doubt: Doubt) -> str:
    return compact_json(
        [doubt.label_id, doubt.comment_id, doubt.category, doubt.label, doubt.probability]
    )
