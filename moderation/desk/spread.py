"""How the scores of held comments are spread, and which of them a range picks out."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace

from moderation.desk.batches import MOST_COMMENTS
from moderation.desk.cases import Case, Cases
from moderation.desk.queue import Band, HeldList, QueueQuery
from moderation.errors import BatchSizeError
from moderation.record import Record
from moderation.record.held import Found
from moderation.triage import score_of

#: Bins of the histogram over [0, 1]; a score of exactly 1 is in the last.
BINS = 50
#: Comments of the range that a moderator reads before deciding all of it.
SAMPLE = 20

_EDGES = [number / BINS for number in range(1, BINS)]


@dataclass(frozen=True, slots=True)
class Spread:
    """The held comments that pass a query, by their score in one category.

    Attributes:
        inside: how many comments of the range have a score in each bin.
        outside: the same for the others.
        sample: some comments of the range, drawn at random.
        newest: the age of the newest held comment when this was counted, so that no comment
            that came later is decided unseen.
    """

    inside: list[int]
    outside: list[int]
    sample: list[Case]
    newest: int

    @property
    def count(self) -> int:
        """How many comments the range picks out."""
        return sum(self.inside)


class Spreads:
    """Ranges of the held queue of each site."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._held = HeldList(record)

    def spread(
        self, site: str, query: QueueQuery, category: str, *, band: Band | None
    ) -> Spread:
        """Counts all comments that pass a query and have a score in a category.

        Args:
            site: whose queue.
            query: which comments; its own band does not filter.
            category: whose scores.
            band: the range that picks some of them out; none without one.
        """
        newest = self._record.held.newest(site)
        inside, outside = [0] * BINS, [0] * BINS
        sample: list[str] = []
        picked = 0
        for one, score in self._scored(site, replace(query, band=None), category, newest):
            if band and band.least <= score <= band.most:
                inside[_bin(score)] += 1
                picked += 1
                _draw(sample, one.comment_id, seen=picked)
            else:
                outside[_bin(score)] += 1
        random.shuffle(sample)
        cases = Cases(self._record).many(site, sample)
        return Spread(inside, outside, cases, newest)

    def ids(self, site: str, query: QueueQuery, *, newest: int | None = None) -> list[str]:
        """Every comment that passes a query, as a batch takes them.

        Args:
            site: whose queue.
            query: which comments.
            newest: the age of the newest comment that may be among them.

        Raises:
            BatchSizeError: there are more than a batch may decide.
        """
        ids = []
        for one in self._held.matches(site, query, value_of=""):
            if newest is not None and one.position > newest:
                continue
            ids.append(one.comment_id)
            if len(ids) > MOST_COMMENTS:
                raise BatchSizeError(f"a batch decides at most {MOST_COMMENTS:,} comments")
        return ids

    def _scored(
        self, site: str, query: QueueQuery, category: str, newest: int
    ) -> Iterator[tuple[Found, float]]:
        for one in self._held.matches(site, query, value_of=score_of(category)):
            if one.value is not None and one.position <= newest:
                yield one, one.value


def _bin(score: float) -> int:
    return bisect_right(_EDGES, score)


def _draw(sample: list[str], comment_id: str, *, seen: int) -> None:
    """Keeps each of the comments seen so far with the same chance (Vitter's algorithm R)."""
    if len(sample) < SAMPLE:
        sample.append(comment_id)
    elif (place := random.randrange(seen)) < SAMPLE:  # noqa: S311 - a sample, no secret
        sample[place] = comment_id
