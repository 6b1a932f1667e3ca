"""Whether figures of a week still are what they were in the weeks before: pure functions.

Figures of a day are counts of bins: how many comments have scores in each range, or are in
each language, or are held and not held. Two questions are asked of a week, and both must be
answered yes before anybody is alarmed:

- Is the change large enough to matter? Of many bins that is the population stability index
  (PSI): the sum over the bins of (share now − share before) · ln(share now / share before).
  Of a share it is by how much it changed.
- Is it more than noise? PSI is close to a chi-square divided by the counts, a share to a
  normal distribution. But days differ by more than chance: comments come in conversations.
  So the noise is taken as many times larger as the days, or the weeks, of the reference
  differed from each other more than chance would have it (quasi-likelihood; for shares this
  is the control chart p' of Laney, 2002).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

#: PSI from which a change is worth watching, and from which it is worth an alert.
PSI_WATCH, PSI_ALERT = 0.1, 0.25
#: A share has changed noticeably when it did by so much of itself, or of what it lacks to 1.
SHARE_ALERT = 0.2
#: Standard deviations of the noise beyond which something is no noise: to watch, to alert.
#: Ten measures of a hundred sites are looked at every day: 3 would be reached by many.
SIGMAS_WATCH, SIGMAS_ALERT = 3.0, 5.0
#: Fewer comments in the week, or before it, say nothing.
FEWEST_NOW, FEWEST_BEFORE = 200, 400
#: And fewer verdicts of moderators.
FEWEST_VERDICTS_NOW, FEWEST_VERDICTS_BEFORE = 50, 100
#: Days of the reference of which there must be figures: how days differ is told from them.
FEWEST_DAYS = 14
#: Added to each bin, so that one that nobody was in before has a share.
SMOOTHING = 0.5
_WEEK = 7

#: How many comments of a day are in each bin.
Bins = Sequence[int]


class Level(StrEnum):
    """How a week stands to the weeks before."""

    UNKNOWN = "unknown"
    """There is too little to tell."""
    USUAL = "usual"
    WATCH = "watch"
    ALERT = "alert"

    @property
    def is_out(self) -> bool:
        """Whether the week is out of its band."""
        return self in {Level.WATCH, Level.ALERT}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a week comes to, and the band in which it would be usual.

    `value` is a PSI or a share, `None` where it cannot be told; `usual` is what it was before
    (0 of a PSI).
    """

    level: Level
    value: float | None = None
    usual: float = 0.0
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True, slots=True)
class Least:
    """How many must be counted in the week, and before it."""

    now: int = FEWEST_NOW
    before: int = FEWEST_BEFORE


COMMENTS = Least()
VERDICTS = Least(FEWEST_VERDICTS_NOW, FEWEST_VERDICTS_BEFORE)


def of_bins(before: Sequence[Bins], week: Sequence[Bins], least: Least = COMMENTS) -> Finding:
    """How the distribution of a week differs from that of the days before, as a PSI.

    Args:
        before: the days of the reference, the oldest first.
        week: the days that are looked at; all days have the same bins.
        least: how many comments it takes.
    """
    reference, now = summed(before), summed(week)
    if not _is_enough(before, reference, now, least):
        return Finding(Level.UNKNOWN)
    degrees = sum(1 for count in map(max, reference, now) if count) - 1
    unit = dispersion(before) * (1 / sum(reference) + 1 / sum(now))
    watch = max(PSI_WATCH, unit * _chi_square(degrees, SIGMAS_WATCH))
    alert = max(PSI_ALERT, unit * _chi_square(degrees, SIGMAS_ALERT))
    value = psi(reference, now)
    return Finding(_level(value, watch, alert), value, high=watch)


def of_share(before: Sequence[Bins], week: Sequence[Bins], least: Least = COMMENTS) -> Finding:
    """How the share of the first of two bins differs from that of the days before.

    Args:
        before: the days of the reference, the oldest first.
        week: the days that are looked at.
        least: how many comments it takes.
    """
    reference, now = summed(before), summed(week)
    if not _is_enough(before, reference, now, least):
        return Finding(Level.UNKNOWN)
    counted, counted_now = sum(reference), sum(now)
    # As if one more had been each way: a share that was 0 until now may be so by chance.
    usual = (reference[0] + SMOOTHING) / (counted + 2 * SMOOTHING)
    sigma = math.sqrt(
        dispersion(before) * usual * (1 - usual) * (1 / counted + 1 / counted_now)
    )
    value = now[0] / counted_now
    change = abs(value - usual)
    alert = max(SIGMAS_ALERT * sigma, SHARE_ALERT * min(usual, 1 - usual))
    return Finding(
        _level(change, SIGMAS_WATCH * sigma, alert),
        value,
        usual,
        max(usual - SIGMAS_WATCH * sigma, 0.0),
        min(usual + SIGMAS_WATCH * sigma, 1.0),
    )


def psi(before: Bins, now: Bins) -> float:
    """The population stability index of two distributions over the same bins."""
    bins = [pair for pair in zip(before, now, strict=True) if any(pair)]
    whole_before = sum(before) + SMOOTHING * len(bins)
    whole_now = sum(now) + SMOOTHING * len(bins)
    shares = (
        ((one + SMOOTHING) / whole_before, (other + SMOOTHING) / whole_now)
        for one, other in bins
    )
    return sum((other - one) * math.log(other / one) for one, other in shares)


def dispersion(days: Sequence[Bins]) -> float:
    """How many times more days, or weeks, differ from each other than by chance; at least 1."""
    weeks = [summed(days[at : at + _WEEK]) for at in range(0, len(days), _WEEK)]
    return max(1.0, _dispersion(days), _dispersion(weeks))


def summed(days: Sequence[Bins]) -> list[int]:
    """The bins of several days together."""
    return [sum(counts) for counts in zip(*days, strict=True)]


def _dispersion(groups: Sequence[Bins]) -> float:
    """Pearson's chi-square of groups against all of them, a degree of freedom."""
    whole = summed(groups)
    counted = sum(whole)
    shares = [count / counted for count in whole] if counted else []
    sizes = [sum(group) for group in groups]
    degrees = (sum(map(bool, sizes)) - 1) * (sum(map(bool, whole)) - 1)
    if degrees <= 0:
        return 1.0
    return (
        sum(
            (count - size * share) ** 2 / (size * share)
            for group, size in zip(groups, sizes, strict=True)
            if size
            for count, share in zip(group, shares, strict=True)
            if share
        )
        / degrees
    )


def _chi_square(degrees: int, sigmas: float) -> float:
    """The quantile of a chi-square as far out as so many standard deviations of a normal.

    After Wilson and Hilferty (1931): its cube root is nearly normal.
    """
    if degrees <= 0:
        return 0.0
    spread = 2 / (9 * degrees)
    return degrees * (1 - spread + sigmas * math.sqrt(spread)) ** 3


def _is_enough(before: Sequence[Bins], reference: Bins, now: Bins, least: Least) -> bool:
    days = sum(1 for day in before if any(day))
    return days >= FEWEST_DAYS and sum(reference) >= least.before and sum(now) >= least.now


def _level(value: float, watch: float, alert: float) -> Level:
    if value > alert:
        return Level.ALERT
    return Level.WATCH if value > watch else Level.USUAL
