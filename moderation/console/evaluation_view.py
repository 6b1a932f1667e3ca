"""A comparison of two releases as tables: what `models.measuring.guards` found, in words.

The comparison is JSON that a trainer wrote, perhaps of another version of the code: what it
does not have is not shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moderation.console.release_view import WHOLE, told_category
from moderation.desk.shares import percent
from moderation.releases import StoredRelease

Told = Mapping[str, Any]

#: Kinds of sentences of the regression set → what people call them.
KINDS = {
    "all": "all sentences",
    "harmless": "harmless ones",
    "hostile": "plain insults",
    "evasive": "disguised insults",
    "identity": "sentences that name groups",
    "spam": "advertising, and what looks like it",
    "counter": "denial, quotation, counter-speech",
    "languages": "other languages",
}
SITE, REGRESSION = "site", "regression"
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Figure:
    """How a figure is called, written, and which way it is better."""

    label: str
    meaning: str
    is_share: bool = True
    more_is: str = "better"

    def told(self, value: float | None) -> str:
        """A value for people."""
        if value is None:
            return NOTHING
        return percent(value) if self.is_share else f"{value:.3f}"

    def told_step(self, value: float) -> str:
        """How far apart two values are, for people; shares in percentage points."""
        return f"{100 * value:.1f} points" if self.is_share else f"{value:.3f}"

    def told_change(self, value: float | None) -> str:
        """The same with its sign, of a difference that may be unknown."""
        if value is None:
            return NOTHING
        return f"{'−' if value < 0 else '+'}{self.told_step(abs(value))}"

    def told_interval(self, interval: Sequence[float] | None) -> str:
        """The interval of a difference, "" for none."""
        if interval is None:
            return ""
        scale, digits = (100, 1) if self.is_share else (1, 3)
        low, high = (f"{scale * end:+.{digits}f}".replace("-", "−") for end in interval)
        return f"({low} to {high})"


FIGURES: Mapping[str, Figure] = {
    "roc_auc": Figure(
        "ROC AUC",
        "how often a comment that should be held scores above one that should not; 0.5 is "
        "chance, 1 is perfect",
        is_share=False,
    ),
    "average_precision": Figure(
        "Average precision",
        "the share of right holds, averaged over all thresholds",
        is_share=False,
    ),
    "recall_at_5_percent_false_holds": Figure(
        "Found at 5 % false holds",
        "of what should be held, how much is, with a threshold at which one harmless comment "
        "in twenty is held too",
    ),
    "expected_calibration_error": Figure(
        "Calibration error",
        "how far scores are from the share of comments that people reject at that score",
        is_share=False,
        more_is="worse",
    ),
    "caught_share": Figure(
        "Found", "of what should be held, how much is at the release's own thresholds"
    ),
    "false_hold_share": Figure(
        "False holds", "harmless comments that its own thresholds hold", more_is="worse"
    ),
    "missed_share": Figure(
        "Let through", "of what should be held, how much is not", more_is="worse"
    ),
    "right_share": Figure("Judged right", "held or let through as it should be"),
    "held_share": Figure("Held", "all comments that its own thresholds hold", more_is=""),
}
#: Those that are shown of a category, in this order.
SHOWN = (
    "roc_auc",
    "average_precision",
    "recall_at_5_percent_false_holds",
    "expected_calibration_error",
    "false_hold_share",
    "caught_share",
    "held_share",
)


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of both releases; `mood` is better or worse where that is beyond doubt."""

    label: str
    active: str
    candidate: str
    difference: str
    interval: str
    mood: str

    @classmethod
    def of(cls, name: str, told: Told) -> Row:
        """What a comparison says of a figure."""
        figure = FIGURES[name]
        return cls(
            label=figure.label,
            active=figure.told(told.get("active")),
            candidate=figure.told(told.get("candidate")),
            difference=figure.told_change(told.get("difference")),
            interval=figure.told_interval(told.get("interval")),
            mood=_mood(figure, told.get("interval")),
        )


@dataclass(frozen=True, slots=True)
class Category:
    """The figures of a category on the site's own labels."""

    label: str
    rows: int
    positives: int
    figures: list[Row]

    @property
    def told_rows(self) -> str:
        """How many comments that is."""
        return f"{self.rows:,} comments, {self.positives:,} of them to be held"


@dataclass(frozen=True, slots=True)
class KindRow:
    """A kind of the regression set: how many sentences each release judges wrong."""

    label: str
    sentences: int
    right: Row
    harmless: int
    held: tuple[int, int]
    harmful: int
    missed: tuple[int, int]


@dataclass(frozen=True, slots=True)
class GuardRow:
    """A figure that must not fall."""

    where: str
    figure: str
    active: str
    candidate: str
    worse_by: str
    allowed: str
    failed: bool


@dataclass(frozen=True, slots=True)
class EvaluationView:
    """A comparison for a template."""

    told: Told

    @classmethod
    def of(cls, release: StoredRelease) -> EvaluationView | None:
        """The comparison of a release, if there is one."""
        return None if release.evaluation is None else cls(release.evaluation)

    @property
    def categories(self) -> list[Category]:
        """Categories with labels of the site, hold or approve as a whole first."""
        found: Mapping[str, Told] = self.told.get(SITE) or {}
        return [
            Category(
                told_category(name),
                int(one["rows"]),
                int(one["positives"]),
                [
                    Row.of(figure, one["figures"][figure])
                    for figure in SHOWN
                    if figure in one["figures"]
                ],
            )
            for name, one in sorted(found.items(), key=lambda item: item[0] != WHOLE)
        ]

    @property
    def kinds(self) -> list[KindRow]:
        """Kinds of the regression set, all of them together last."""
        found: Mapping[str, Told] = self.told.get(REGRESSION) or {}
        return [_kind(name, one) for name, one in found.items()]

    @property
    def guards(self) -> list[GuardRow]:
        """What is guarded, what failed first."""
        rows = [_guard(one) for one in self.told.get("guards") or ()]
        return sorted(rows, key=lambda one: not one.failed)

    @property
    def failed(self) -> list[GuardRow]:
        """The guarded figures that fell too far."""
        return [one for one in self.guards if one.failed]

    @property
    def lost(self) -> list[str]:
        """Categories that it no longer scores."""
        return [told_category(name) for name in self.told.get("lost") or ()]

    @property
    def terms(self) -> Iterator[tuple[str, str]]:
        """What each figure means."""
        return ((figure.label, figure.meaning) for figure in FIGURES.values())


def _kind(name: str, told: Told) -> KindRow:
    figures = told["figures"]
    harmless, harmful = int(told["harmless"]), int(told["harmful"])
    return KindRow(
        label=KINDS.get(name, name),
        sentences=harmless + harmful,
        right=Row.of("right_share", figures["right_share"]),
        harmless=harmless,
        held=_counts(figures["false_hold_share"], harmless),
        harmful=harmful,
        missed=_counts(figures["missed_share"], harmful),
    )


def _counts(told: Told, of: int) -> tuple[int, int]:
    """How many sentences two shares are, of the active release and of the candidate."""
    active, candidate = (
        round((told.get(which) or 0) * of) for which in ("active", "candidate")
    )
    return active, candidate


def _guard(told: Told) -> GuardRow:
    where, name, figure = str(told["name"]).split(".", 2)
    shown = FIGURES[figure]
    kind = KINDS.get(name) if where == REGRESSION else None
    about = kind or told_category(name)
    return GuardRow(
        where=f"regression set, {about}" if where == REGRESSION else f"own labels, {about}",
        figure=shown.label,
        active=shown.told(told["active"]),
        candidate=shown.told(told["candidate"]),
        worse_by=shown.told_step(told["worse_by"]) if told["worse_by"] > 0 else "not worse",
        allowed=shown.told_step(told["tolerance"]),
        failed=bool(told["failed"]),
    )


def _mood(figure: Figure, interval: Sequence[float] | None) -> str:
    """Better or worse if the whole interval is on one side, "" if it is not."""
    if not figure.more_is or interval is None or interval[0] <= 0 <= interval[1]:
        return ""
    is_more = interval[0] > 0
    return figure.more_is if is_more else {"better": "worse", "worse": "better"}[figure.more_is]
