"""Drift: whether what comes in, and what becomes of it, still is what it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response
from markupsafe import Markup

from moderation import hostile
from moderation.api.base import services
from moderation.console.bands import BandPoint, band_chart, most
from moderation.console.base import console_blueprint, me, page
from moderation.desk.drift import SHOWN_DAYS, Measure, drift_of
from moderation.drift import FEWEST_BEFORE, FEWEST_DAYS, FEWEST_NOW, Level

blueprint = console_blueprint("drift", __name__)

#: A category's name is whatever a release calls it.
LABEL_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class MeasureView:
    """A measure as the page shows it."""

    measure: Measure

    @property
    def anchor(self) -> str:
        """An id for the page."""
        return "drift-" + "".join(one if one.isalnum() else "-" for one in self.measure.name)

    @property
    def label(self) -> str:
        """Its name, safe to show."""
        return hostile.one_line(self.measure.label, LABEL_CHARACTERS)

    @property
    def told(self) -> str:
        """How it stands, to be read after its name."""
        return self.measure.sentence.removeprefix(f"{self.measure.label}: ")

    @property
    def is_known(self) -> bool:
        """Whether there is anything to draw."""
        return any(one.value is not None for one in self.measure.findings)

    @property
    def points(self) -> list[BandPoint]:
        """Its days."""
        return [
            BandPoint(
                f"{day:%-d %b}",
                one.value,
                one.low,
                one.high,
                one.level.value,
                "" if one.value is None else self.measure.told(one.value),
            )
            for day, one in zip(self.measure.days, self.measure.findings, strict=True)
        ]

    @property
    def chart(self) -> Markup:
        """Its course over its band."""
        points = self.points
        return band_chart(
            points,
            title=f"{self.label}, a week up to each day",
            highest=self.measure.told(most(points)),
            desc=self.told,
        )

    @property
    def rows(self) -> list[tuple[str, str, str, str]]:
        """Day, value, band and level, the newest first."""
        told = self.measure.told
        return [
            (
                f"{day:%-d %B}",
                "" if one.value is None else told(one.value),
                "" if one.value is None else f"{told(one.low)} to {told(one.high)}",
                one.level.value,
            )
            for day, one in reversed(
                list(zip(self.measure.days, self.measure.findings, strict=True))
            )
        ]


@blueprint.get("/drift")
def show() -> Response:
    """Every measure over eight weeks."""
    drift = drift_of(services().record, me().actor.site)
    views = [MeasureView(one) for one in drift.measures]
    return page(
        "console/drift.html",
        active="drift",
        alerts=_at(views, Level.ALERT),
        watched=_at(views, Level.WATCH),
        measures=[one for one in views if one.is_known],
        unknown=[one for one in views if not one.is_known],
        days=SHOWN_DAYS,
        fewest=(FEWEST_NOW, FEWEST_BEFORE, FEWEST_DAYS),
    )


def _at(views: Sequence[MeasureView], level: Level) -> list[MeasureView]:
    return [one for one in views if one.measure.now.level is level]
