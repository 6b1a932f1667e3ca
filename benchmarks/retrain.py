"""`python -m benchmarks.retrain`: does a site's own labels make the classifier better?

Trains a base without a community, adapts it to some of that community's labels, and prints
what it gains there, what it forgets elsewhere and what it costs, beside what is to be
reached. Of each community 2 comments in 5 are only measured on. So many labels are what a
site has: the candidate keeps back its own fifth of them, as it always does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from benchmarks import report
from benchmarks.measuring import Bound, Row, Spread, Target
from benchmarks.retrain_communities import LEFT_OUT, bases
from benchmarks.retrain_cost import cost
from benchmarks.retrain_trials import Trial, trials
from models.categories import CATEGORIES, LABEL
from models.learning.build import examples_of
from models.learning.sources import TRAINING_SOURCES

#: How much the ROC AUC is to rise with so many labels, in points.
GAINS = {
    300: Target(Bound.AT_LEAST, 3, "points"),
    2_000: Target(Bound.AT_LEAST, 6, "points"),
}
#: What may be left of the calibration error, and how much a figure may fall elsewhere.
ERROR_LEFT = Target(Bound.AT_MOST, 0.5)
FALL = Target(Bound.AT_MOST, 0.3, "points")
CURVE = (100, 300, 1_000, 2_000, 5_000)

MANY = 20_000
MOST_SECONDS = Target(Bound.BELOW, 60, "s")
MOST_MEMORY = Target(Bound.BELOW, 1_000, "MB")
#: Has as many comments and all of the categories.
COST_SOURCE = next(one for one in TRAINING_SOURCES if one.name == "jigsaw_train_more")

DEFAULT_CACHE = Path("var/retrain-bases")
NAMES = [community.name for line in LEFT_OUT for community in line]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("../shared/data"),
    show_default=True,
    help="Folder of the labelled files.",
)
@click.option(
    "--cache",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT_CACHE,
    show_default=True,
    help="Folder that bases are kept in; each takes minutes to build. Empty it after a change"
    " of how releases are built.",
)
@click.option(
    "--only",
    metavar="COMMUNITY",
    multiple=True,
    type=click.Choice(NAMES),
    help=f"Only this community; may be given more than once: {', '.join(NAMES)}.",
)
@click.option("--draws", type=click.IntRange(1), default=3, show_default=True)
@click.option("--curve", is_flag=True, help=f"As many labels as {CURVE}, not two numbers.")
@click.option("--quick", is_flag=True, help="The first community, one draw of 300 labels.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path))
def main(
    data: Path,
    cache: Path,
    only: tuple[str, ...],
    draws: int,
    json_file: Path | None,
    *,
    curve: bool,
    quick: bool,
) -> None:
    """Measure what retraining gains, forgets and costs, against what is to be reached."""
    sizes = CURVE if curve else tuple(GAINS)
    rows: list[Row] = []
    if quick:
        only, draws, sizes = only or (NAMES[0],), 1, sizes[:1] if not curve else sizes
    found = list(_trials(data, cache, only, sizes=sizes, draws=draws))
    for _, some in groupby(found, key=lambda one: (one.community, one.labels)):
        rows += rows_of(list(some))
    rows += overall(found)
    if not quick:
        rows += costs(data)
    click.echo(report.table(rows))
    if json_file:
        json_file.write_text(json.dumps([row.to_json() for row in rows], indent=2) + "\n")


def _trials(
    data: Path, cache: Path, only: tuple[str, ...], *, sizes: Sequence[int], draws: int
) -> Iterator[Trial]:
    wanted = only or NAMES
    lines = [line for line in LEFT_OUT if any(one.name in wanted for one in line)]
    for base in bases(data, cache, lines, _say):
        for community in base.without:
            if community.name in wanted:
                yield from trials(base, community, sizes=sizes, draws=draws, say=_say)


def rows_of(found: Sequence[Trial]) -> Iterator[Row]:
    """The rows of one community and number of labels, over all draws."""
    first = found[0]
    name = f"{first.community}, {first.labels:,} labels"
    few = first.labels == min(GAINS)
    yield _row(
        f"{name}: ROC AUC rises",
        [one.gain for one in found],
        "points",
        GAINS.get(first.labels),
        before=first.before.auc,
    )
    yield _row(
        f"{name}: calibration error left",
        [one.error_ratio for one in found],
        "",
        ERROR_LEFT if few else None,
        before=first.before.calibration_error,
    )
    worst = max(found, key=lambda one: one.worst[1]).worst[0]
    yield _row(
        f"{name}: elsewhere falls at most ({worst})",
        [one.worst[1] for one in found],
        "points",
        FALL,
    )


def overall(found: Sequence[Trial]) -> Iterator[Row]:
    """For each number of labels the rows over all communities."""
    for labels in sorted({one.labels for one in found}):
        some = [one for one in found if one.labels == labels]
        name = f"all communities, {labels:,} labels"
        few = labels == min(GAINS)
        gains, errors = [one.gain for one in some], [one.error_ratio for one in some]
        yield _row(f"{name}: ROC AUC rises", gains, "points", GAINS.get(labels))
        yield _row(f"{name}: calibration error left", errors, "", ERROR_LEFT if few else None)
        yield _row(
            f"{name}: elsewhere falls at most", [one.worst[1] for one in some], "points", FALL
        )


def costs(data: Path) -> Iterator[Row]:
    """What many labels cost: the plain label alone, and all of the categories."""
    path = data / f"{COST_SOURCE.name}.csv.xz"
    for name, columns in (("plain", (LABEL,)), ("all categories", CATEGORIES)):
        with TemporaryDirectory() as folder:
            file = _many_labels(path.parent, Path(folder) / "labels.jsonl", columns)
            spent = cost(file)
        also = {"processor": spent.processor_seconds}
        what = f"{MANY:,} labels, {name}"
        yield Row(what, Spread.of([spent.seconds]), "s", target=MOST_SECONDS, also=also)
        yield Row(what, Spread.of([spent.megabytes]), "MB", target=MOST_MEMORY)
        _say(f"{what}: {spent.seconds:.0f} s, {spent.megabytes:.0f} MB")


def _many_labels(data: Path, file: Path, columns: Sequence[str]) -> Path:
    written = 0
    with file.open("w", encoding="utf-8") as lines:
        for example in examples_of(COST_SOURCE, data):
            labels = {name: example.labels[name] for name in columns if name in example.labels}
            if labels and written < MANY:
                lines.write(json.dumps({"text": example.text, **labels}) + "\n")
                written += 1
    return file


def _row(
    name: str, figures: Sequence[float], unit: str, target: Target | None, **also: float
) -> Row:
    spread = Spread.of(figures)
    if len(figures) > 1:
        also |= {"lowest": spread.low, "highest": spread.high}
    return Row(name, spread, unit, target=target, also=also)


def _say(line: str) -> None:
    click.echo(line, err=True)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.retrain")
