"""Figures: subjects that take turns, and ratios within each round.

The machine is noisy: its speed wanders by tens of per cent within minutes. Two figures are
therefore compared only if they were taken one after the other, and the median of such
pairs, with the lowest and the highest, is what counts.
"""

from __future__ import annotations

import operator
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Spread:
    """The median of some figures, the lowest and the highest of them."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> Spread:
        """What some figures come to."""
        return cls(statistics.median(figures), min(figures), max(figures))


class Bound(Enum):
    """On which side of a target a figure must be."""

    AT_LEAST = "≥"
    AT_MOST = "≤"
    BELOW = "<"

    def holds(self, figure: float, limit: float) -> bool:
        """Whether the figure is on the right side."""
        compare = {"≥": operator.ge, "≤": operator.le, "<": operator.lt}[self.value]
        return bool(compare(figure, limit))


@dataclass(frozen=True)
class Target:
    """What a figure is to reach."""

    bound: Bound
    limit: float
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.bound.value} {self.limit:g} {self.unit}".rstrip()


@dataclass(frozen=True)
class Row:
    """One line of the table.

    The target is for the ratio where there is one, else for the value. `also` has further
    figures that belong to the value: name -> figure.
    """

    name: str
    value: Spread
    unit: str
    ratio: Spread | None = None
    against: str = ""
    rival: Spread | None = None
    target: Target | None = None
    also: Mapping[str, float] = field(default_factory=dict)

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached, `None` without one."""
        if self.target is None:
            return None
        return self.target.bound.holds((self.ratio or self.value).median, self.target.limit)

    def to_json(self) -> dict[str, Any]:
        """The row as JSON."""
        return {
            "name": self.name,
            "value": vars(self.value),
            "unit": self.unit,
            "ratio": vars(self.ratio) if self.ratio else None,
            "against": self.against or None,
            "rival": vars(self.rival) if self.rival else None,
            "target": str(self.target) if self.target else None,
            "reached": self.reached,
            "also": dict(self.also),
        }


def take_turns(
    subjects: Mapping[str, Callable[[int], T]],
    *,
    rounds: int,
    told: Callable[[int, str, T], None],
) -> dict[str, list[T]]:
    """What each subject gives in each round; every other round goes backwards."""
    figures: dict[str, list[T]] = {name: [] for name in subjects}
    for number in range(rounds):
        order = list(subjects) if number % 2 == 0 else list(subjects)[::-1]
        for name in order:
            figure = subjects[name](number)
            figures[name].append(figure)
            told(number, name, figure)
    return figures


def compare(
    name: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    *,
    unit: str,
    against: str,
    target: Target | None = None,
) -> Row:
    """The row that compares two subjects round by round."""
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    return Row(
        name, Spread.of(ours), unit, Spread.of(ratios), against, Spread.of(theirs), target
    )
