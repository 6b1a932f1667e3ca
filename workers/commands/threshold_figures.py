"""What thresholds hold of a file's comments, and which of ours holds as many as an old one.

Owns the figures of one category; knows no file and no release.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.measuring.targets import round_between

#: Above every score.
ABOVE_ALL = np.inf


@dataclass(frozen=True, slots=True)
class Line:
    """What a threshold holds: comments that score as much or more.

    Attributes:
        threshold: ours, `None` where nothing is to be held.
        comments: how many it was tried on.
        share: of them is held.
        old_threshold: the one whose share it holds.
        old_share: what that one held.
        agreement: the share of comments that both hold or both let through.
        precision: of the held ones that are labelled, the share that is labelled 1.
        recall: of those labelled 1 the share that is held.
    """

    threshold: float | None
    comments: int
    share: float
    old_threshold: float | None = None
    old_share: float | None = None
    agreement: float | None = None
    precision: float | None = None
    recall: float | None = None


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of comments for one category, each of shape (n_comments,).

    Attributes:
        ours: from 0 to 1.
        old: NaN where there is none.
        labels: 0 or 1, NaN where nobody said.
    """

    ours: NDArray[np.float64]
    old: NDArray[np.float64]
    labels: NDArray[np.float64]

    @property
    def has_old(self) -> bool:
        """Whether any comment has an old score."""
        return bool((~np.isnan(self.old)).any())

    def replace(self, old_threshold: float) -> Line:
        """The threshold of ours that holds the share which an old one held."""
        scores = self._where(~np.isnan(self.old))
        was_held = scores.old >= old_threshold
        line = scores.hold(float(was_held.mean()))
        is_held = scores.ours >= _or_above_all(line.threshold)
        return Line(
            threshold=line.threshold,
            comments=line.comments,
            share=line.share,
            old_threshold=old_threshold,
            old_share=float(was_held.mean()),
            agreement=float((was_held == is_held).mean()),
            precision=line.precision,
            recall=line.recall,
        )

    def hold(self, share: float) -> Line:
        """The threshold that holds a share, or a little more where comments score the same."""
        ranked = np.sort(self.ours)[::-1]
        held = round(share * len(ranked))
        if held == 0:
            return self.at(None)
        score = float(ranked[held - 1])
        lower = ranked[ranked < score]
        return self.at(round_between(float(lower[0]) if len(lower) else -1.0, score))

    def at(self, threshold: float | None) -> Line:
        """What a threshold holds."""
        held = self.ours >= _or_above_all(threshold)
        return Line(
            threshold=threshold,
            comments=len(held),
            share=float(held.mean()),
            precision=_mean(self.labels[held]),
            recall=_mean(held[self.labels == 1]),
        )

    def _where(self, rows: NDArray[np.bool_]) -> Scores:
        return Scores(self.ours[rows], self.old[rows], self.labels[rows])


def lines(
    scores: Scores, *, thresholds: Sequence[float], shares: Sequence[float]
) -> list[Line]:
    """A line for each share; without any, for each threshold: an old one if there are any."""
    if shares:
        return [scores.hold(share) for share in shares]
    if scores.has_old:
        return [scores.replace(threshold) for threshold in thresholds]
    return [scores.at(threshold) for threshold in thresholds]


def _or_above_all(threshold: float | None) -> float:
    return ABOVE_ALL if threshold is None else threshold


def _mean(values: NDArray[np.float64] | NDArray[np.bool_]) -> float | None:
    """The mean of what is known, `None` if nothing is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None
