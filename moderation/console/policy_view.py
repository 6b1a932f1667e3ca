"""What the policy page shows beside its fields: charts, and changes in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from moderation.console.charts import Mark, Series, histogram
from moderation.desk.effect import BINS, Change, Samples
from moderation.desk.shares import percent
from moderation.domain import QueueOrder
from moderation.hostile import one_line
from moderation.record.policies import PolicyVersion
from moderation.wording import category_label

#: Characters of an entry of a list that are shown where a change is told.
ENTRY_CHARACTERS = 40
#: Not the look of what people approved.
RECENT_LOOK = "classifier"
REJECTED = "rejected by moderators"
APPROVED = "approved by moderators"
ORDERS = {
    QueueOrder.PROBABILITY: "the most probable violation",
    QueueOrder.SEVERITY: "the gravest",
    QueueOrder.UNCERTAINTY: "what the classifier is least sure of",
    QueueOrder.DIVERSITY: "what teaches the classifier most",
    QueueOrder.REPORTS: "what most readers reported",
    QueueOrder.OLDEST: "the oldest",
    QueueOrder.NEWEST: "the newest",
}
_THRESHOLDS = "thresholds."


@dataclass(frozen=True, slots=True)
class CategoryView:
    """A category with its charts; `anchor` is safe where its name may not be."""

    name: str
    anchor: str
    release_default: float | None
    recent: Markup
    labelled: Markup | None
    rows: list[tuple[str, int, int, int]]

    @property
    def label(self) -> str:
        """Its name for people."""
        return category_label(self.name)


@dataclass(frozen=True, slots=True)
class VersionView:
    """A line of the history."""

    version: PolicyVersion

    @property
    def lines(self) -> list[str]:
        """What changed, in words."""
        if self.version.version == 0:
            return ["the service's own default"]
        told = list(change_lines(self.version.changes)) or ["nothing"]
        if self.version.reverted_to is not None:
            return [f"back to version {self.version.reverted_to}", *told]
        return told


def category_views(
    categories: Sequence[str],
    samples: Samples,
    *,
    now: Mapping[str, float | None],
    released: Mapping[str, float],
) -> list[CategoryView]:
    """The categories with the site's own scores.

    Args:
        categories: their names.
        samples: the site's comments.
        now: the thresholds that hold.
        released: those of the release.
    """
    return [
        _category(name, f"category-{at}", samples, now.get(name), released.get(name))
        for at, name in enumerate(categories)
    ]


def reach_line(change: Change | None) -> str:
    """How many of the recent comments reach a threshold, for people."""
    if change is None or change.draft.value is None or change.now.value is None:
        return "No comments yet."
    return f"{percent(change.draft.value)} reach it (now {percent(change.now.value)})"


def change_lines(changes: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """What `amendments.py` tells, in words."""
    for name, change in changes.items():
        if "from" in change:
            before, after = (_value(name, change[which]) for which in ("from", "to"))
            yield f"{_name(name)}: {before} → {after}"
        else:
            yield f"{_name(name)}: " + ", ".join(
                f"{'+' if what == 'added' else '−'} {_entries(entries)}"
                for what, entries in change.items()
            )


def _category(
    name: str, anchor: str, samples: Samples, now: float | None, default: float | None
) -> CategoryView:
    label = category_label(name)
    recent, rejected, approved = (
        sample.histogram(name)
        for sample in (samples.recent, samples.rejected, samples.approved)
    )
    series = [Series(REJECTED, rejected, "rejected"), Series(APPROVED, approved, "approved")]
    return CategoryView(
        name=name,
        anchor=anchor,
        release_default=default,
        recent=histogram(
            [Series("", recent, RECENT_LOOK)],
            lo=0.0,
            hi=1.0,
            title=f"Recent comments by their score of {label}",
            marks=[] if now is None else [Mark(now, "now")],
            by_root=True,
        ),
        labelled=(
            histogram(
                series,
                lo=0.0,
                hi=1.0,
                title=f"Comments that moderators decided by their score of {label}",
                by_root=True,
            )
            if any(rejected) or any(approved)
            else None
        ),
        rows=[
            (f"{at / BINS:.2f} to {(at + 1) / BINS:.2f}", *counts)
            for at, counts in enumerate(zip(recent, rejected, approved, strict=True))
        ],
    )


def _name(field: str) -> str:
    if field.startswith(_THRESHOLDS):
        return f"threshold of {category_label(field[len(_THRESHOLDS) :])}"
    return field.replace("_", " ")


def _value(field: str, value: Any) -> str:
    if value is None:
        return "the release's" if field.startswith(_THRESHOLDS) else "off"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Mapping):
        return ", ".join(f"{name.replace('_', ' ')} {part}" for name, part in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)


def _entries(entries: Sequence[str] | int) -> str:
    if isinstance(entries, int):
        return f"{entries:,}"
    return " ".join(f"“{one_line(entry, ENTRY_CHARACTERS)}”" for entry in entries)
