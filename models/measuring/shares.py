"""Shares of counted things, and how sure they are.

Owns the 95 % intervals of one share (Wilson, JASA 1927) and of the difference of two shares
of the same things (Agresti and Min, Statistics in Medicine 2005). Knows nothing of comments.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.measuring.figures import chosen, effective_rows, mean
from models.measuring.ranking import NORMAL_95

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Agresti and Min add half a thing to each of the four cells: no interval has no width.
ADDED_TO_A_CELL = 0.5
CELLS = 4


@dataclass(frozen=True)
class Share:
    """A share and its 95 % interval, all in [0, 1]."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, part: float, whole: float) -> Share:
        """Return what `part` of `whole` is; `whole` is above 0, neither need be an integer."""
        value = part / whole
        squared = NORMAL_95**2
        middle = (value + squared / (2 * whole)) / (1 + squared / whole)
        reach = math.sqrt(value * (1 - value) / whole + squared / (4 * whole**2))
        reach *= NORMAL_95 / (1 + squared / whole)
        return cls(
            value, min(value, max(0.0, middle - reach)), max(value, min(1.0, middle + reach))
        )

    @classmethod
    def among(
        cls,
        what: NDArray[np.bool_],
        rows: NDArray[np.bool_],
        weights: NDArray[Any] | None = None,
    ) -> Share | None:
        """Return the share of `rows` that are `what`, both of shape (n,); None of no rows.

        Weighted rows are as sure as so many of equal weight would be.
        """
        if not rows.any():
            return None
        weights = chosen(weights, rows)
        whole = effective_rows(weights, int(rows.sum()))
        return cls.of(mean(what[rows], weights) * whole, whole)


def paired_difference(gained: int, lost: int, things: int) -> tuple[float, float]:
    """Return the 95 % interval of how much larger the second share of `things` is.

    Args:
        gained: how many are in the second share alone.
        lost: how many are in the first one alone.
        things: how many there are.
    """
    whole = things + CELLS * ADDED_TO_A_CELL
    middle = (gained - lost) / whole
    moved = (gained + lost + 2 * ADDED_TO_A_CELL) / whole
    reach = NORMAL_95 * math.sqrt(max(0.0, moved - middle**2) / whole)
    return middle - reach, middle + reach
