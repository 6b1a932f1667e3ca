"""Plots of what was measured, and the folder that shows them with all figures.

Owns drawing: one SVG a plot, by scikit-learn's own display classes where there is one.
How they look is the business of `plot_style`. No text of a comment ever gets here.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from models.measuring import report_page
from models.measuring.differences import summary
from models.measuring.figures import CALIBRATION_BINS
from models.measuring.plot_style import (
    FIRST,
    HARMFUL,
    HARMLESS,
    MUTED,
    SECOND,
    for_day_and_night,
    matplotlib_in_our_style,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from models.measuring.evaluation import Judged, Measured

PAGE_FILE = "index.html"
FIGURES_FILE = "report.json"
PLOTS_FOLDER = "plots"

#: Bins of the score distribution, over 0 to 1.
SCORE_BINS = 40

#: A point on the reliability curve stands for at least this many comments.
FEWEST_IN_BIN = 10


@dataclass(frozen=True)
class Curve:
    """What one release's part of a plot is drawn from."""

    name: str
    judged: Judged
    threshold: float | None


@dataclass(frozen=True)
class Kind:
    """A kind of plot: how its file ends, its title, what to see in it, how to draw it."""

    suffix: str
    title: str
    caption: str
    draw: Callable[[Figure, Sequence[Curve]], None]


def write_report(folder: Path, measured: Sequence[Measured], *, title: str = "") -> None:
    """Write a page with all figures and plots, the same as JSON, and each plot as SVG.

    Args:
        folder: where to; made if need be. Files of an earlier report are overwritten.
        measured: of one release, or of two on the same comments.
        title: what was measured on, usually the name of a file.

    Raises:
        OSError: the folder cannot be written.
    """
    plots_folder = folder / PLOTS_FOLDER
    plots_folder.mkdir(parents=True, exist_ok=True)
    plots = draw(measured)
    for plot in plots:
        (plots_folder / plot.file).write_text(plot.svg, encoding="utf-8")
    figures = json.dumps(summary(measured), indent=2, ensure_ascii=False) + "\n"
    (folder / FIGURES_FILE).write_text(figures, encoding="utf-8")
    page = report_page.render(measured, plots, title=title)
    (folder / PAGE_FILE).write_text(page, encoding="utf-8")


def draw(measured: Sequence[Measured]) -> list[report_page.Plot]:
    """Return every kind of plot of every category of which the file has both classes."""
    names = _names(measured)
    slugs = _slugs(measured[0].judged)
    plots = []
    with matplotlib_in_our_style():
        for category, slug in slugs.items():
            curves = [
                Curve(name, one.judged[category], one.thresholds.get(category))
                for name, one in zip(names, measured, strict=True)
                if category in one.judged
            ]
            if curves[0].judged.has_both_classes:
                plots += [_plot(kind, category, slug, curves) for kind in KINDS]
    return plots


def _plot(kind: Kind, category: str, slug: str, curves: Sequence[Curve]) -> report_page.Plot:
    from matplotlib.figure import Figure

    figure = Figure()
    kind.draw(figure, curves)
    stream = io.StringIO()
    figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    return report_page.Plot(
        category=category,
        file=f"{slug}-{kind.suffix}.svg",
        title=kind.title,
        caption=kind.caption,
        alt=_alt(kind, category, curves),
        svg=for_day_and_night(stream.getvalue()),
    )


def _roc(figure: Figure, curves: Sequence[Curve]) -> None:
    from sklearn.metrics import RocCurveDisplay

    axes = _axes(figure)
    for curve in curves:
        RocCurveDisplay.from_predictions(
            curve.judged.truth, curve.judged.scores, name=curve.name, ax=axes
        )
    axes.plot((0, 1), (0, 1), color=MUTED, linestyle=":", linewidth=1)
    axes.set(xlabel="share of harmless comments held", ylabel="share of harmful ones found")
    axes.legend(loc="lower right")


def _precision_recall(figure: Figure, curves: Sequence[Curve]) -> None:
    from sklearn.metrics import PrecisionRecallDisplay

    axes = _axes(figure)
    for curve in curves:
        PrecisionRecallDisplay.from_predictions(
            curve.judged.truth,
            curve.judged.scores,
            name=curve.name,
            drop_intermediate=True,
            ax=axes,
        )
    axes.axhline(curves[0].judged.truth.mean(), color=MUTED, linestyle=":", linewidth=1)
    axes.set(xlabel="share of harmful comments found", ylabel="harmful ones among those held")
    axes.legend(loc="best")


def _reliability(figure: Figure, curves: Sequence[Curve]) -> None:
    from sklearn.calibration import CalibrationDisplay

    axes = _axes(figure)
    for place, curve in enumerate(curves):
        predicted, true = _reliability_points(curve.judged)
        display = CalibrationDisplay(true, predicted, curve.judged.scores)
        display.plot(ax=axes, name=curve.name, ref_line=place == 0)
    axes.set(xlabel="score", ylabel="share of comments that are harmful", aspect="equal")
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    axes.legend(loc="best")


def _distribution(figure: Figure, curves: Sequence[Curve]) -> None:
    """Draw a histogram of each class, a release below the other."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    panels = figure.subplots(len(curves), sharex=True, sharey=True, squeeze=False)[:, 0]
    for curve, axes in zip(curves, panels, strict=True):
        _histograms(axes, curve.judged)
        if curve.threshold is not None:
            line = {"color": MUTED, "linestyle": "--", "linewidth": 1}
            axes.axvline(curve.threshold, label="threshold", **line)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g} %"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        if len(curves) > 1:
            axes.set_title(curve.name, fontsize="medium", loc="left")
    panels[-1].set(xlabel="score", xlim=(0, 1))
    figure.supylabel("share of the class", color=MUTED, fontsize="medium")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=3)


def _histograms(axes: Axes, judged: Judged) -> None:
    for value, color, label in ((0, HARMLESS, "harmless"), (1, HARMFUL, "harmful")):
        scores = judged.scores[judged.truth == value]
        axes.hist(
            scores,
            bins=SCORE_BINS,
            range=(0, 1),
            weights=np.full(len(scores), 1 / len(scores)),
            histtype="stepfilled",
            log=True,
            facecolor=(color, 0.25),
            edgecolor=color,
            linewidth=1.2,
            label=label,
        )


KINDS = (
    Kind(
        "roc",
        "ROC",
        "What share of the harmful comments is found if so many harmless ones are held. "
        "Dotted: by chance.",
        _roc,
    ),
    Kind(
        "precision-recall",
        "Precision and recall",
        "How much of what is held is harmful, for what share of the harm is found. Dotted: if "
        "everything is held.",
        _precision_recall,
    ),
    Kind(
        "reliability",
        "Reliability",
        "Whether 0.8 means eight in ten: on the dotted line it does. Bins with fewer than "
        f"{FEWEST_IN_BIN} comments are left out.",
        _reliability,
    ),
    Kind(
        "scores",
        "Scores",
        "How the scores of either class are spread, on a logarithmic scale. From the "
        "threshold on the release holds a comment.",
        _distribution,
    ),
)


def _axes(figure: Figure) -> Axes:
    """Return axes on which each release takes the next colour and line."""
    from cycler import cycler

    axes = figure.subplots()
    axes.set_prop_cycle(cycler(color=[FIRST, SECOND]) + cycler(linestyle=["-", (0, (5, 1.5))]))
    return axes


def _reliability_points(judged: Judged) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the mean score and the share of harmful comments of each bin of equal width."""
    bins = np.minimum((judged.scores * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    count = partial(np.bincount, bins, minlength=CALIBRATION_BINS)
    sizes = count()
    enough = sizes >= FEWEST_IN_BIN
    scores, harmful = count(weights=judged.scores), count(weights=judged.truth)
    return scores[enough] / sizes[enough], harmful[enough] / sizes[enough]


def _slugs(categories: Iterable[str]) -> dict[str, str]:
    """Return what the files of each category begin with: safe anywhere, and no two alike."""
    slugs: dict[str, str] = {}
    for number, category in enumerate(categories, start=1):
        slug = re.sub("[^a-z0-9]+", "-", category.lower()).strip("-")
        taken = not slug or slug in slugs.values()
        slugs[category] = f"{slug}-{number}".lstrip("-") if taken else slug
    return slugs


def _names(measured: Sequence[Measured]) -> list[str]:
    """Return what the releases are called in a legend, no two alike.

    matplotlib leaves names that begin with `_` out.
    """
    versions = [one.report.version.lstrip("_") for one in measured]
    if len(set(versions)) == len(versions):
        return versions
    return [f"{version} ({place})" for place, version in enumerate(versions, start=1)]


def _alt(kind: Kind, category: str, curves: Sequence[Curve]) -> str:
    return f"{kind.title} for {category}, {' and '.join(curve.name for curve in curves)}"
