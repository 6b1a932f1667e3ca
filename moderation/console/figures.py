"""How much waits, how much is decided, and how well the machine and people agree."""

from __future__ import annotations

import time
from collections.abc import Sequence

from flask import Response, request
from markupsafe import Markup

from moderation.api.base import services
from moderation.console.base import console_blueprint, me, page
from moderation.console.cards import span
from moderation.console.charts import Series, legend, stacked_bars
from moderation.desk.figures import Agreement, DayOfDecisions, Figures, Waited, figures_of
from moderation.desk.tally import NOTHING, RULES, WAITED_BOUNDS_S
from moderation.domain import Source
from moderation.wording import category_label

blueprint = console_blueprint("figures", __name__)

PERIODS = (7, 30, 90)
DEFAULT_PERIOD = 30
#: Sources in the order in which their bars are stacked, from the bottom up.
SOURCES = {
    Source.CLASSIFIER: "the classifier",
    Source.POLICY: "rules of the policy",
    Source.REPORT: "readers' reports",
    Source.MODERATOR: "moderators",
}
#: Ranges of the time from held to decided, as `desk.tally` counts them.
WAITS = ("1 min", "5 min", "15 min", "1 h", "4 h", "1 day", "more")
_CATEGORIES = {RULES: "only rules", NOTHING: "nothing: it was approved"}


@blueprint.get("/figures")
def show() -> Response:
    """The figures of the last days."""
    days = request.args.get("days", type=int)
    days = days if days in PERIODS else DEFAULT_PERIOD
    site = me().actor.site
    figures = figures_of(services().record, site, days=days, now_s=time.time())
    return page(
        "console/figures.html",
        active="figures",
        figures=figures,
        period=days,
        periods=PERIODS,
        sources=SOURCES,
        waits=WAITS,
        span=span,
        median_wait=_median_wait(figures.waited),
        decisions_chart=_decisions_chart(figures.days),
        waited_chart=_waited_chart(figures.waited),
        categories=_named(figures),
    )


def _decisions_chart(days: Sequence[DayOfDecisions]) -> Markup:
    series = [
        Series(name, [day.of(source) for day in days], source.value)
        for source, name in SOURCES.items()
    ]
    labels = [f"{day.day:%-d %b}" for day in days]
    return stacked_bars(series, labels=labels, title="Decisions a day by source") + legend(
        series
    )


def _waited_chart(waited: Waited) -> Markup:
    return stacked_bars(
        [Series("decisions", waited.counts)],
        labels=WAITS,
        title="Time from held to a moderator's decision",
    )


def _median_wait(waited: Waited) -> str:
    """The median in words, "" if nothing was counted."""
    if waited.median_s is None:
        return ""
    is_beyond = waited.median_s >= WAITED_BOUNDS_S[-1]
    return f"{'over ' if is_beyond else ''}{span(int(waited.median_s))}"


def _named(figures: Figures) -> list[tuple[str, Agreement]]:
    """Agreement by what a category is called, the ones with the most decisions first."""
    found = [
        (_CATEGORIES.get(name) or category_label(name), agreement)
        for name, agreement in figures.by_category.items()
    ]
    return sorted(found, key=lambda one: -(one[1].held.whole + one[1].passed.whole))
