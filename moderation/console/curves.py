"""A curve of shares as SVG: what one of them costs in the other.

Drawn like the bars of `charts`, without script or style, and like them it only repeats what
the table beside it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from moderation.desk.shares import percent

#: Of the height, where lines go across.
GRID = (0.25, 0.5, 0.75, 1.0)
#: The axes end at the first of these shares that has room for all that is shown.
ENDS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0)

_CURVE = Markup(
    '<div class="chart curve"><p class="chart-axis" aria-hidden="true">↑ {up}</p>'
    '<svg role="img"><title>{title}</title><desc>{desc}</desc>{grid}'
    '<svg viewBox="0 0 100 100" preserveAspectRatio="none"><polyline points="{points}"/></svg>'
    "{dots}</svg>"
    '<div class="chart-axis" aria-hidden="true"><span>0 %</span><span>{along} →</span>'
    "<span>{end}</span></div></div>"
)
_LINE = Markup(
    '<g class="chart-top"><line x2="100%" y1="{y:g}%" y2="{y:g}%"/>'
    '<text y="{y:g}%" dy="1.1em">{label}</text></g>'
)
_DOT = Markup(
    '<g class="chart-mark"><circle class="look-plain" cx="{x:.2f}%" cy="{y:.2f}%" r="5"/>'
    '<text class="{side}" x="{x:.2f}%" y="{y:.2f}%" dy="1.4em">{label}</text></g>'
)


@dataclass(frozen=True, slots=True)
class Dot:
    """A place on the curve that is named; both are shares of 1."""

    along: float
    up: float
    label: str


def tradeoff(
    points: Sequence[tuple[float, float]],
    *,
    along: str,
    up: str,
    title: str,
    dots: Iterable[Dot] = (),
) -> Markup:
    """How one share grows with another.

    Args:
        points: (share along, share up), in the order in which they are joined.
        along: what the horizontal axis shows.
        up: what the vertical one shows.
        title: what is shown, for who cannot see it.
        dots: places to name.
    """
    named = list(dots)
    end = _end(points, named)
    inside = [(x, y) for x, y in points if x <= end]
    return _CURVE.format(
        title=title,
        desc=" ".join(
            f"{one.label}: {percent(one.up)} at {percent(one.along)}." for one in named
        ),
        up=up,
        along=along,
        end=percent(end),
        grid=Markup("").join(
            _LINE.format(y=100 * (1 - share), label=percent(share)) for share in GRID
        ),
        points=" ".join(f"{100 * x / end:.2f},{100 * (1 - y):.2f}" for x, y in inside),
        dots=Markup("").join(_dot(one, end) for one in named),
    )


def _end(points: Sequence[tuple[float, float]], dots: Sequence[Dot]) -> float:
    """Where the horizontal axis ends: beyond twice the farthest dot little is of interest."""
    farthest = max((2 * one.along for one in dots), default=1.0)
    needed = min(farthest, max((x for x, _ in points), default=1.0))
    return next((end for end in ENDS if end >= needed), 1.0)


def _dot(dot: Dot, end: float) -> Markup:
    x = min(dot.along / end, 1.0)
    return _DOT.format(
        x=100 * x,
        y=100 * (1 - dot.up),
        label=dot.label,
        side="before" if x > 1 / 2 else "after",
    )
