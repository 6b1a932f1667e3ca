"""The page of a report: all figures and plots in one file that needs nothing else.

Owns the HTML. It runs no script and fetches nothing, which its own policy enforces; every
name in it is data and escaped.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from models.measuring.differences import FIGURES, differences, fairness_of
from models.measuring.fairness import FEWEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from models.measuring.differences import Difference
    from models.measuring.evaluation import Measured
    from models.measuring.fairness import Fairness, IdentityFigures
    from models.measuring.figures import CategoryReport

DASH = "–"
MINUS = "−"

STYLE = """
:root { color-scheme: light dark; --paper: #fbf8f3; --surface: #fff; --ink: #231e19;
  --muted: #665c52; --line: #e4dccf; --accent: #17594f; }
@media (prefers-color-scheme: dark) { :root { --paper: #161412; --surface: #1f1c19;
  --ink: #ece5db; --muted: #aba093; --line: #3a342d; --accent: #86d3c2; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 2rem 1.25rem 4rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto,
  "Liberation Sans", Arial, sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.2; }
h2 { margin: 3rem 0 .75rem; font-size: 1.3rem; }
h3 { margin: 2rem 0 .75rem; font-size: 1.05rem; }
p { margin: .5rem 0; max-width: 44rem; }
.muted, figcaption, dd { color: var(--muted); }
.table { overflow-x: auto; padding: 0 .5rem; background: var(--surface);
  border: 1px solid var(--line); border-radius: .6rem; }
.table:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .9rem;
  font-variant-numeric: tabular-nums; overflow-wrap: normal; }
th, td { padding: .4rem .55rem; text-align: right; white-space: nowrap; }
th { font-weight: 600; }
thead th { color: var(--muted); border-bottom: 1px solid var(--line); }
tbody + tbody, tfoot { border-top: 1px solid var(--line); }
.left { text-align: left; }
tbody .wraps { white-space: normal; }
th[rowspan] { vertical-align: top; }
.plain { font-weight: 400; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem .9rem;
  margin: .9rem 0; font-size: .9rem; max-width: 52rem; }
dt { font-weight: 600; } dd { margin: 0; }
.plots { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); }
figure { margin: 0; padding: 1rem; background: var(--surface); border: 1px solid var(--line);
  border-radius: .6rem; }
figure b { display: block; }
figure img { display: block; width: 100%; height: auto; margin-top: .5rem; }
@media (max-width: 40rem) { body { padding: 1.25rem .75rem 3rem; } table { font-size: .8rem; }
  figure { padding: .75rem .5rem; } th, td { padding: .35rem .4rem; } }
figcaption { font-size: .85rem; } figcaption b { color: var(--ink); font-size: .95rem; }
"""

HEAD = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
"""

FIGURES_LEGEND = (
    ("AUC", "how often a harmful comment scores above a harmless one, with its 95 % interval"),
    ("AP", "average precision, the area under precision and recall"),
    ("R@1%, R@5%", "share of the harmful found where 1 or 5 % of the harmless are held"),
    ("ECE", "expected calibration error: how far scores are from being chances"),
    ("held, false", "share of all, and of the harmless, that this release would hold"),
)

FAIRNESS_LEGEND = (
    ("subgroup", "AUC among the comments that mention the identity"),
    (
        "BPSN",
        "AUC of harmful ones without it against harmless ones with it; low: it raises scores",
    ),
    (
        "BNSP",
        "AUC of harmless ones without it against harmful ones with it; low: it hides harm",
    ),
    ("false", "share of the harmless ones that mention it and would be held"),
    ("power mean", "over the identities, with exponent −5: the worst counts most"),
    ("score", "a quarter each of the AUC of all comments and the three means"),
    (DASH, f"fewer than {FEWEST} harmful or harmless comments to tell it from"),
)


@dataclass(frozen=True)
class Plot:
    """A plot of a category; `alt` says what it is to those who do not see it."""

    category: str
    file: str
    title: str
    caption: str
    alt: str
    svg: str


def render(measured: Sequence[Measured], plots: Sequence[Plot], *, title: str) -> str:
    """Return the page of one release, or of two on the same comments.

    Args:
        measured: what is told.
        plots: what is shown, those of a category together.
        title: what was measured on, usually the name of a file.
    """
    first = measured[0].report
    versions = " against ".join(one.report.version for one in measured)
    speeds = " and ".join(f"{one.report.comments_per_second:,.0f}" for one in measured)
    on = f"on {title}: " if title else ""
    measured_on = f"Measured {escape(on)}{first.comments:,} comments, {speeds} a second"
    parts = [
        HEAD.format(title=escape(f"Release {versions}"), style=STYLE),
        f"<h1>Release {escape(versions)}</h1>",
        f'<p class="muted">{measured_on} on one core.</p>',
        "<h2>Figures</h2>",
        _figures_table(measured),
        _legend(FIGURES_LEGEND),
        *_fairness_section(measured),
        *_plots_section(plots),
        "</body>\n</html>\n",
    ]
    return "\n".join(parts)


def _figures_table(measured: Sequence[Measured]) -> str:
    auc, *others = FIGURES.values()
    releases = ["release"] if len(measured) > 1 else []
    head = _head(["category", *releases], [auc, "95 %", *others, "comments", "harmful"])
    bodies = [f"<tbody>{rows}</tbody>" for rows in _categories(measured)]
    return _scrolling("Figures of each category", head + "".join(bodies))


def _categories(measured: Sequence[Measured]) -> Iterator[str]:
    """Yield the rows of each category: of its releases, and what they differ by."""
    gaps = differences(*measured) if len(measured) == 2 else {}
    for name in {name: None for one in measured for name in one.report.categories}:
        told = [one for one in measured if name in one.report.categories]
        rows = [_row(one.report.categories[name]) for one in told]
        if len(measured) > 1:
            rows = [
                f'<th scope="row" class="left plain">{escape(one.report.version)}</th>{row}'
                for one, row in zip(told, rows, strict=True)
            ]
        if name in gaps:
            rows.append(_difference_row(gaps[name]))
        heading = (
            f'<th scope="rowgroup" rowspan="{len(rows)}" class="left wraps">{_name(name)}</th>'
        )
        yield "".join(f"<tr>{row}</tr>" for row in [heading + rows[0], *rows[1:]])


def _row(figures: CategoryReport) -> str:
    auc, *others = (_number(getattr(figures, field)) for field in FIGURES)
    counts = (f"{figures.rows:,}", f"{figures.positives:,}")
    return _cells([auc, _interval(figures.roc_auc_ci), *others, *counts])


def _difference_row(gap: Difference) -> str:
    auc, *others = (_number(gap.figures[field], signed=True) for field in FIGURES)
    cells = [auc, _interval(gap.roc_auc_ci, signed=True), *others, "", ""]
    return f'<th scope="row" class="left plain">difference</th>{_cells(cells)}'


def _fairness_section(measured: Sequence[Measured]) -> Iterator[str]:
    told = list(fairness_of(measured))
    if told:
        yield "<h2>Fairness to identities</h2>"
        for name, version, fairness in told:
            title = f"{name}, release {version}" if len(measured) > 1 else name
            yield f"<h3>{escape(title)}</h3>"
            yield f"<p>Score <strong>{_number(fairness.score)}</strong></p>"
            yield _fairness_table(title, fairness)
            if untold := fairness.untold():
                listed = escape(", ".join(untold))
                yield f'<p class="muted">Too few comments for any figure: {listed}.</p>'
        yield _legend(FAIRNESS_LEGEND)


def _fairness_table(title: str, fairness: Fairness) -> str:
    headings = ["subgroup", "BPSN", "BNSP", "false", "comments", "harmful"]
    body = "".join(_identity_row(*pair) for pair in fairness.told())
    means = map(_number, (fairness.subgroup_auc, fairness.bpsn_auc, fairness.bnsp_auc))
    overall, false = _number(fairness.overall_auc), _number(fairness.false_hold_share)
    counts = (f"{fairness.rows:,}", f"{fairness.positives:,}")
    rows = (
        ("power mean", [*means, "", "", ""]),
        ("all comments", [overall, "", "", false, *counts]),
    )
    foot = "".join(_named_row(name, cells) for name, cells in rows)
    head = _head(["identity"], headings)
    table = f"{head}<tbody>{body}</tbody><tfoot>{foot}</tfoot>"
    return _scrolling(f"Fairness of {title}", table)


def _identity_row(name: str, figures: IdentityFigures) -> str:
    aucs = (figures.subgroup_auc, figures.bpsn_auc, figures.bnsp_auc)
    shown = map(_number, (*aucs, figures.false_hold_share))
    return _named_row(name, [*shown, f"{figures.rows:,}", f"{figures.positives:,}"])


def _plots_section(plots: Sequence[Plot]) -> Iterator[str]:
    if plots:
        yield "<h2>Plots</h2>"
    for category, of_category in groupby(plots, key=lambda plot: plot.category):
        yield f"<h3>{escape(category)}</h3>"
        yield f'<div class="plots">{"".join(map(_figure, of_category))}</div>'


def _figure(plot: Plot) -> str:
    data = base64.b64encode(plot.svg.encode()).decode()
    return (
        f"<figure><figcaption><b>{escape(plot.title)}</b>{escape(plot.caption)}</figcaption>"
        f'<img alt="{escape(plot.alt)}" src="data:image/svg+xml;base64,{data}"></figure>'
    )


def _scrolling(label: str, table: str) -> str:
    """Return a table that scrolls by itself where the screen is narrow."""
    return (
        f'<div class="table" role="region" tabindex="0" aria-label="{escape(label)}">'
        f"<table>{table}</table></div>"
    )


def _head(left: Iterable[str], right: Iterable[str]) -> str:
    cells = [f'<th scope="col" class="left">{escape(name)}</th>' for name in left]
    cells += [f'<th scope="col">{escape(name)}</th>' for name in right]
    return f"<thead><tr>{''.join(cells)}</tr></thead>"


def _named_row(name: str, cells: Iterable[str]) -> str:
    return (
        f'<tr><th scope="row" class="left plain wraps">{_name(name)}</th>{_cells(cells)}</tr>'
    )


def _name(name: str) -> str:
    """Return a name that may be broken after an underscore."""
    return escape(name).replace("_", "_<wbr>")


def _cells(cells: Iterable[str]) -> str:
    return "".join(f"<td>{escape(cell)}</td>" for cell in cells)


def _legend(terms: Iterable[tuple[str, str]]) -> str:
    listed = "".join(f"<dt>{escape(term)}</dt><dd>{escape(of)}</dd>" for term, of in terms)
    return f"<dl>{listed}</dl>"


def _number(value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return DASH
    return (f"{value:+.3f}" if signed else f"{value:.3f}").replace("-", MINUS)


def _interval(bounds: tuple[float, float] | None, *, signed: bool = False) -> str:
    if bounds is None:
        return DASH
    return " to ".join(_number(bound, signed=signed) for bound in bounds)
