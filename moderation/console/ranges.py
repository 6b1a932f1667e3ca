"""A range of the scores: how they are spread, and all that it picks out decided at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask import Response, request
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from moderation import statements
from moderation.api.base import services
from moderation.console.base import console_blueprint, me, needs, page
from moderation.console.batches import freeze, refused
from moderation.console.cards import VIOLATIONS, Cards
from moderation.console.charts import Mark, Series, histogram
from moderation.console.queue import SOURCES, Asked
from moderation.desk.queue import Band, QueueQuery
from moderation.desk.spread import BINS, Spread, Spreads
from moderation.domain import QueueOrder, Role
from moderation.wording import category_label

blueprint = console_blueprint("ranges", __name__)

#: The category whose scores are shown unless another is asked for.
USUAL_CATEGORY = "toxicity"
STATES = (("new", "nobody has looked at"), ("kept", "kept held"), ("all", "all of them"))


@dataclass(frozen=True, slots=True)
class Range:
    """What the address of a range asks for."""

    asked: Asked
    category: str
    band: Band | None

    @classmethod
    def from_address(cls, categories: Sequence[str]) -> Range:
        """Read from the address of this request; `categories` are those with scores."""
        usual = USUAL_CATEGORY if USUAL_CATEGORY in categories else next(iter(categories), "")
        category = request.args.get("category", "") or usual
        asked = Asked.from_address(QueueOrder.OLDEST)
        query = replace(asked.query, category="", order=QueueOrder.OLDEST, band=None)
        return cls(replace(asked, query=query), category, _band(category))

    @property
    def query(self) -> QueueQuery:
        """The comments that it picks out."""
        return replace(self.asked.query, band=self.band)

    @property
    def fields(self) -> dict[str, str]:
        """All of it as the fields of a form."""
        band, query = self.band, self.asked.query
        ends = {"from": _number(band.least), "to": _number(band.most)} if band else {}
        return {**self.asked.filters, "q": query.text, "category": self.category, **ends}

    @property
    def address(self) -> str:
        """An address that asks for the same."""
        given = {name: value for name, value in self.fields.items() if value}
        return f"/console/batch?{urlencode(given)}"


@blueprint.get("/batch")
@needs(Role.MODERATOR)
def choose() -> Response:
    """The spread of the scores, and a sample of what the range picks out."""
    record, actor = services().record, me().actor
    facets = record.held.facets(actor.site, ["score", "reason", "language", "source"])
    wanted = Range.from_address(list(facets["score"]))
    spread = Spreads(record).spread(actor.site, wanted.query, wanted.category, band=wanted.band)
    suggested = statements.suggested([{"code": "score", "category": wanted.category}])
    return page(
        "console/batch.html",
        active="batch",
        fields=wanted.fields,
        address=wanted.address,
        band=wanted.band,
        options=_options(facets),
        category=category_label(wanted.category),
        spread=spread,
        bins=_bins(spread),
        chart=_chart(spread, wanted),
        cards=Cards(record, actor.site, actor.name).of(spread.sample),
        suggested=suggested.value,
        violations=VIOLATIONS,
        status=_picked(spread, wanted.band),
    )


@blueprint.post("/batch")
@needs(Role.MODERATOR)
def decide() -> BaseResponse:
    """Decides every comment of the range, as they stand now."""
    wanted = Range.from_address([])
    newest = request.form.get("newest", type=int)
    if wanted.band is None or newest is None:
        return refused("Choose a range of the scores first.")
    return freeze(
        lambda: Spreads(services().record).ids(me().actor.site, wanted.query, newest=newest),
        wanted.query,
    )


def _band(category: str) -> Band | None:
    """The range, its ends in order; `None` if neither end of it is given."""
    given = [request.args.get(name, type=float) for name in ("from", "to")]
    if given == [None, None]:
        return None
    ends = [
        usual if end is None or math.isnan(end) else min(max(end, 0.0), 1.0)
        for end, usual in zip(given, (0.0, 1.0), strict=True)
    ]
    return Band(category, min(ends), max(ends))


def _options(facets: dict[str, dict[str, int]]) -> dict[str, list[tuple[str, str]]]:
    return {
        "categories": [(name, category_label(name)) for name in facets["score"]],
        "reasons": [(name, category_label(name)) for name in facets["reason"]],
        "languages": [
            (name, "not known" if name == "und" else name) for name in facets["language"]
        ],
        "sources": [(name, SOURCES.get(name, name)) for name in facets["source"]],
        "states": list(STATES),
    }


def _chart(spread: Spread, wanted: Range) -> Markup:
    band = wanted.band
    ends = [end for end in (band.least, band.most) if 0.0 < end < 1.0] if band else []
    return histogram(
        [
            Series("in the range", spread.inside, "plain"),
            Series("not in it", spread.outside, "classifier"),
        ],
        lo=0.0,
        hi=1.0,
        title=f"Held comments by {category_label(wanted.category)}",
        marks=[Mark(end, _number(end)) for end in ends],
        by_root=True,
    )


def _bins(spread: Spread) -> list[tuple[float, float, int, int]]:
    """Where each bin that is not empty begins and ends, all of its comments, those picked."""
    return [
        (at / BINS, (at + 1) / BINS, inside + outside, inside)
        for at, (inside, outside) in enumerate(zip(spread.inside, spread.outside, strict=True))
        if inside or outside
    ]


def _picked(spread: Spread, band: Band | None) -> str:
    if band is None:
        return ""
    return f"{spread.count:,} comments from {_number(band.least)} to {_number(band.most)}."


def _number(end: float) -> str:
    """An end of the range as somebody typed it: 0.12, 1."""
    return f"{end:.12g}"
