"""Shares of a count, told with what small numbers leave open: pure functions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

#: Standard deviations on either side that hold 95 % of a normal distribution.
Z_95 = 1.959964
#: With fewer than this, a share is told with its interval and not alone.
MANY = 200


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole` things, and how far off the true share may be.

    `low` and `high` are the 95 % interval after Wilson (1927), which keeps within 0 and 1
    and is fair to small numbers and to shares near its ends.
    """

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """The share, `None` of nothing."""
        return self.part / self.whole if self.whole else None

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return self._middle() - self._reach() if self.part else 0.0

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        return self._middle() + self._reach() if self.part < self.whole else 1.0

    @property
    def told(self) -> str:
        """The share for people, what it is of, and the interval where it matters."""
        if not self.whole:
            return "none yet"
        counted = f"{percent(self.part / self.whole)} ({self.part:,} of {self.whole:,})"
        if self.whole >= MANY:
            return counted
        return f"{counted}, likely {percent(self.low)} to {percent(self.high)}"

    def to_json(self) -> dict[str, Any]:
        """As the API writes it."""
        return {
            "part": self.part,
            "whole": self.whole,
            "share": None if self.value is None else round(self.value, 4),
            "low": round(self.low, 4),
            "high": round(self.high, 4),
        }

    def _middle(self) -> float:
        return (self.part + Z_95**2 / 2) / (self.whole + Z_95**2)

    def _reach(self) -> float:
        n, value = self.whole, self.part / self.whole
        spread = math.sqrt(value * (1 - value) / n + Z_95**2 / (4 * n**2))
        return Z_95 / (1 + Z_95**2 / n) * spread


def percent(share: float) -> str:
    """A share of 1 for people, with one decimal below ten per cent: "6.1 %", "91 %"."""
    value = share * 100
    return f"{value:.1f} %" if 0 < value < 9.95 else f"{value:.0f} %"
