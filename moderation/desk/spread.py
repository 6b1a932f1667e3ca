"""How the scores of held comments are spread, and which of them a range picks out."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import pairwise

from moderation.desk.batches import MOST_COMMENTS
from moderation.desk.cases import Case, Cases
from moderation.desk.queue import Band, HeldList, QueueQuery
from moderation.errors import BatchSizeError
from moderation.record import Record
from moderation.triage import score_of

#: Bins of the histogram over [0, 1]; a score of exactly 1 is in the last.
BINS = 50
#: Comments of the range that a moderator reads before deciding all of it.
SAMPLE = 20

_EDGES = [number / BINS for number in range(1, BINS)]
#: Each bin from its beginning to what is below its end.
_RANGES = list(pairwise([0.0, *_EDGES, math.inf]))
_NOTHING = (math.inf, math.inf)


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


@dataclass(frozen=True, slots=True)
class _Bars:
    """How many comments are in each bin, inside and outside of the range."""

    inside: list[int]
    outside: list[int]


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
        wanted = replace(query, band=None)
        if wanted.text or wanted.state == "kept" or replace(wanted, state="").filters():
            bars, picked = self._walked(site, wanted, category, band, newest)
            sample = random.sample(picked, min(SAMPLE, len(picked)))
        else:
            bars, kept = self._counted(site, wanted, category, band, newest)
            sample = self._drawn(site, category, band, besides=set(kept))
        cases = Cases(self._record).many(site, sample)
        return Spread(bars.inside, bars.outside, cases, newest)

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

    def _walked(
        self, site: str, query: QueueQuery, category: str, band: Band | None, newest: int
    ) -> tuple[_Bars, list[str]]:
        """Looks at every comment that passes: the bars, and the comments of the range."""
        bars, picked = _Bars([0] * BINS, [0] * BINS), []
        for one in self._held.matches(site, query, value_of=score_of(category)):
            if one.value is None or one.position > newest:
                continue
            if band and band.least <= one.value <= band.most:
                bars.inside[_bin(one.value)] += 1
                picked.append(one.comment_id)
            else:
                bars.outside[_bin(one.value)] += 1
        return bars, picked

    def _counted(
        self, site: str, query: QueueQuery, category: str, band: Band | None, newest: int
    ) -> tuple[_Bars, list[str]]:
        """Counts without a look at each comment, where nothing but the state is filtered.

        What nobody has looked at is all that is held but for what is kept, which is little.

        Returns:
            The bars, and the comments of the range that are kept and so do not count.
        """
        within = [_overlap(bar, band) for bar in _RANGES]
        counts = self._record.held.counts(site, score_of(category), [*_RANGES, *within])
        whole, inside = counts[:BINS], counts[BINS:]
        outside = _less(whole, inside)
        if not query.state:
            return _Bars(inside, outside), []
        of_kept = replace(query, state="kept")
        kept, picked = self._walked(site, of_kept, category, band, newest)
        return _Bars(_less(inside, kept.inside), _less(outside, kept.outside)), picked

    def _drawn(
        self, site: str, category: str, band: Band | None, *, besides: set[str]
    ) -> list[str]:
        """A sample of the range; `besides`: comments of the range that may not be in it."""
        if band is None:
            return []
        drawn = self._record.held.draw(
            site, score_of(category), band.least, band.most, count=SAMPLE + len(besides)
        )
        return [one for one in drawn if one not in besides][:SAMPLE]


def _bin(score: float) -> int:
    return bisect_right(_EDGES, score)


def _overlap(bar: tuple[float, float], band: Band | None) -> tuple[float, float]:
    """The part of a bin that lies in the range, whose upper end belongs to it."""
    if band is None:
        return _NOTHING
    return max(bar[0], band.least), min(bar[1], math.nextafter(band.most, math.inf))


def _less(counts: list[int], others: list[int]) -> list[int]:
    """What is left of each; a comment may be kept between the two counts."""
    return [max(one - other, 0) for one, other in zip(counts, others, strict=True)]
