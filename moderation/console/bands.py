"""A line over days with the band in which it would be usual, as SVG.

Like `charts.py`: no script and no style attribute, positions in per cent, colours by class
(`static/drift.css`), and a table beside it says the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

#: Per cent of the height that stays free above the highest value.
HEADROOM = 18.0

_SVG = Markup(
    '<div class="chart band-chart"><svg role="img"><title>{title}</title><desc>{desc}</desc>'
    '{body}</svg><div class="chart-axis" aria-hidden="true">{axis}</div></div>'
)
_BAND = Markup(
    '<rect class="band" x="{x:.2f}%" y="{y:.2f}%" width="{width:.2f}%" height="{height:.2f}%"/>'
)
_LINE = Markup(
    '<line class="course" x1="{x1:.2f}%" y1="{y1:.2f}%" x2="{x2:.2f}%" y2="{y2:.2f}%"/>'
)
_DOT = Markup(
    '<circle class="level-{level}" cx="{x:.2f}%" cy="{y:.2f}%" r="{r}"><title>{label}</title>'
    "</circle>"
)
_TOP = Markup('<text x="0" y="0.9em">{highest}</text>')


@dataclass(frozen=True, slots=True)
class BandPoint:
    """A day: its value, `None` if it is not known, its band, and how it stands in it.

    `level` is the end of a class of drift.css: usual, watch, alert.
    """

    label: str
    value: float | None
    low: float
    high: float
    level: str
    told: str


def band_chart(points: Sequence[BandPoint], *, title: str, highest: str, desc: str) -> Markup:
    """The course of a measure over its band.

    Args:
        points: a day each, in order.
        title: what is shown, for who cannot see it.
        highest: the largest value, as it is written at the top.
        desc: how the course ends, for who cannot see it.
    """
    top = most(points) or 1.0
    place = 100 / max(len(points), 1)
    body = [_TOP.format(highest=highest)]
    known: list[tuple[float, float] | None] = []
    for at, point in enumerate(points):
        if point.value is None:
            known.append(None)
            continue
        y = _height(point.value, top)
        known.append((place * (at + 0.5), y))
        ceiling = _height(min(point.high, top), top)
        body.append(
            _BAND.format(
                x=place * at,
                y=ceiling,
                width=place,
                height=max(_height(point.low, top) - ceiling, 0),
            )
        )
    for one, other in pairwise(known):
        if one and other:
            body.append(_LINE.format(x1=one[0], y1=one[1], x2=other[0], y2=other[1]))
    for spot, point in zip(known, points, strict=True):
        if spot:
            body.append(
                _DOT.format(
                    level=point.level,
                    x=spot[0],
                    y=spot[1],
                    r=2 if point.level == "usual" else 4,
                    label=f"{point.label}: {point.told}",
                )
            )
    ends = [points[0].label, points[-1].label] if points else []
    return _SVG.format(
        title=title,
        desc=desc,
        body=Markup("").join(body),
        axis=Markup("").join(Markup("<span>{}</span>").format(text) for text in ends),
    )


def most(points: Sequence[BandPoint]) -> float:
    """The largest value or edge of a band; 0 if nothing is known."""
    return max(
        (max(point.value, point.high) for point in points if point.value is not None), default=0
    )


def _height(value: float, top: float) -> float:
    return 100 - (100 - HEADROOM) * value / top
