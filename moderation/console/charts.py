"""Charts as SVG: no script and no style attribute, so they draw under the strictest policy.

Positions are per cent of the drawing: it fills what it stands in, and its writing does not
shrink with it. Colours are the classes `look-…` of `static/charts.css`. A chart only repeats
what the table beside it says, so a page that shows one has that table too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

#: Per cent of a bar's place that stays free beside it.
GAP = 12.0
#: Per cent of the height above the highest bar, for the writing of the marks.
HEADROOM = 12.0

_SVG = Markup(
    '<div class="chart"><svg role="img"><title>{title}</title><desc>{desc}</desc>{body}</svg>'
    '<div class="chart-axis{each}" aria-hidden="true">{axis}</div></div>'
)
_BAR = Markup("<g><title>{label}</title>{segments}</g>")
_SEGMENT = Markup(
    '<rect class="look-{look}" x="{x:.2f}%" y="{y:.2f}%" width="{width:.2f}%" '
    'height="{height:.2f}%"/>'
)
_MARK = Markup(
    '<g class="chart-mark"><line x1="{x:.2f}%" x2="{x:.2f}%" y2="100%"/>'
    '<text class="{side}" x="{x:.2f}%" y="1em">{label}</text></g>'
)
_TOP = Markup(
    '<g class="chart-top"><line x2="100%" y1="{y:g}%" y2="{y:g}%"/>'
    '<text y="{y:g}%" dy="-0.3em">{highest}</text></g>'
)
_KEY = Markup(
    '<li><svg aria-hidden="true"><rect class="look-{look}" width="100%" height="100%"/></svg>'
    " {name}</li>"
)


@dataclass(frozen=True, slots=True)
class Series:
    """Amounts of one kind, one for each bar.

    `look` is the end of a class of charts.css: plain, classifier, policy, report, moderator,
    approved, rejected.
    """

    name: str
    amounts: Sequence[float]
    look: str = "plain"


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across a chart, such as a threshold; `at` in the units of its axis."""

    at: float
    label: str


def histogram(
    counts: Sequence[float] | Sequence[Series],
    *,
    lo: float,
    hi: float,
    title: str,
    marks: Iterable[Mark] = (),
    by_root: bool = False,
) -> Markup:
    """How often values between `lo` and `hi` occur, in bins of equal width.

    Args:
        counts: of each bin; or several series of them, stacked.
        lo: where the first bin begins.
        hi: where the last one ends.
        title: what is shown, for who cannot see it.
        marks: lines at values.
        by_root: heights follow the square root: rare values are seen beside common ones.
    """
    series = _as_series(counts)
    bins = len(series[0].amounts)
    width = (hi - lo) / max(bins, 1)
    edges = [lo + width * at for at in range(bins + 1)]
    labels = [f"{low:.2f} to {high:.2f}" for low, high in pairwise(edges)]
    return _chart(
        series,
        labels,
        title=title,
        axis=[f"{value:g}" for value in (lo, (lo + hi) / 2, hi)],
        marks=[((mark.at - lo) / (hi - lo), mark.label) for mark in marks],
        scale=math.sqrt if by_root else float,
    )


def stacked_bars(series: Sequence[Series], *, labels: Sequence[str], title: str) -> Markup:
    """A bar for each label, made of the amounts of each series.

    Args:
        series: from the bottom up.
        labels: of the bars, in order; when they are many, only some are written.
        title: what is shown, for who cannot see it.
    """
    return _chart(series, labels, title=title, axis=_written(labels))


def legend(series: Iterable[Series]) -> Markup:
    """What each colour of a chart means."""
    keys = Markup("").join(_KEY.format(look=one.look, name=one.name) for one in series)
    return Markup('<ul class="chart-legend">{}</ul>').format(keys)


def _as_series(counts: Sequence[float] | Sequence[Series]) -> list[Series]:
    several = [one for one in counts if isinstance(one, Series)]
    return several or [Series("", [one for one in counts if not isinstance(one, Series)])]


def _chart(
    series: Sequence[Series],
    labels: Sequence[str],
    *,
    title: str,
    axis: Sequence[str],
    marks: Sequence[tuple[float, str]] = (),
    scale: Callable[[float], float] = float,
) -> Markup:
    totals = [sum(one.amounts[at] for one in series) for at in range(len(labels))]
    highest = max(totals, default=0)
    bars = [
        _bar(series, labels, at, share=scale(total) / scale(highest) / total)
        for at, total in enumerate(totals)
        if total
    ]
    return _SVG.format(
        title=title,
        desc=_description(labels, totals, [label for _, label in marks]),
        body=Markup("").join([_top(highest), *bars, *(_mark(*mark) for mark in marks)]),
        each=" each" if len(axis) == len(labels) else "",
        axis=Markup("").join(Markup("<span>{}</span>").format(text) for text in axis),
    )


def _bar(series: Sequence[Series], labels: Sequence[str], at: int, *, share: float) -> Markup:
    """One bar; `share` is how much of the height one unit takes."""
    place = 100 / len(labels)
    segments, told, top = [], [], 100.0
    for one in series:
        amount = one.amounts[at]
        if not amount:
            continue
        height = amount * share * (100 - HEADROOM)
        top -= height
        segments.append(
            _SEGMENT.format(
                look=one.look,
                x=place * (at + GAP / 200),
                y=top,
                width=place * (1 - GAP / 100),
                height=height,
            )
        )
        told.append(f"{amount:,g} {one.name}".strip())
    return _BAR.format(
        label=f"{labels[at]}: {', '.join(told)}", segments=Markup("").join(segments)
    )


def _top(highest: float) -> Markup:
    """A line at the height of the highest bar, and how much that is."""
    return _TOP.format(y=HEADROOM, highest=f"{highest:,g}") if highest else Markup("")


def _mark(share: float, label: str) -> Markup:
    side = "before" if share > 1 / 2 else "after"
    return _MARK.format(x=100 * min(max(share, 0), 1), side=side, label=label)


def _description(labels: Sequence[str], totals: Sequence[float], marks: Sequence[str]) -> str:
    if not any(totals):
        return "Nothing to show."
    at = max(range(len(totals)), key=totals.__getitem__)
    highest = f"Highest at {labels[at]}: {totals[at]:,g} of {sum(totals):,g}."
    return " ".join([highest, *(f"Marked: {mark}." for mark in marks)])


def _written(labels: Sequence[str], most: int = 8) -> Sequence[str]:
    """Every label if they are few, else the first, the middle and the last."""
    if len(labels) <= most:
        return labels
    return [labels[0], labels[len(labels) // 2], labels[-1]]
