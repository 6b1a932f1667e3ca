"""A release as the console shows it: what it is, how it was measured, whether it may decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moderation import hostile
from moderation.console.release_pages import release_url
from moderation.releases import ReleaseState, StoredRelease
from moderation.wording import category_label

#: What the figures of a release call the question "hold or approve" as a whole.
WHOLE = "label"
FACT_CHARACTERS = 200
#: What a comparison found → that in words, before the version it was compared with.
VERDICTS = {"better": "better than", "no worse": "no worse than", "worse": "worse than"}


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """A release of the site, beside the one that is active."""

    release: StoredRelease
    active_version: str

    @property
    def version(self) -> str:
        """Its name."""
        return self.release.version

    @property
    def url(self) -> str:
        """Its page."""
        return release_url(self.version)

    @property
    def is_active(self) -> bool:
        """Whether it decides."""
        return self.release.state is ReleaseState.ACTIVE

    @property
    def is_stale(self) -> bool:
        """Whether it was not compared with the release that decides now."""
        return not self.is_active and not self.release.is_compared_with(self.active_version)

    @property
    def verdict(self) -> str:
        """What the comparison found, in a few words."""
        one = self.release
        if one.evaluation is None:
            return "not compared yet"
        found = str(one.evaluation.get("verdict", ""))
        told = f"{VERDICTS.get(found, found)} {one.compared_with}".strip()
        return f"{told}, which no longer decides" if self.is_stale else told

    @property
    def tone(self) -> str:
        """How the verdict looks: a status of a comment that looks alike, "" for none."""
        if self.release.is_worse is None or self.is_stale:
            return ""
        return "rejected" if self.release.is_worse else "approved"

    @property
    def is_ready(self) -> bool:
        """Whether it may decide without being forced to."""
        return self.release.has_file and not self.is_stale and not self.release.is_worse

    @property
    def learnt_from(self) -> str:
        """How many labels it was made from, "" if that is not known."""
        files = self.release.manifest.get("data")
        if not isinstance(files, Sequence):
            return ""
        return f"{sum(int(one.get('comments', 0)) for one in files):,}"

    @property
    def labelled(self) -> list[tuple[str, int, int]]:
        """Categories it learnt, with the comments that had it and those that had not."""
        counts = self.release.manifest.get("labelled") or {}
        return [
            (category_label(name), int(one["1"]), int(one["0"])) for name, one in counts.items()
        ]

    @property
    def lineage(self) -> list[tuple[str, str]]:
        """Where it comes from, as names and values."""
        told, one = self.release.manifest, self.release
        counts = {
            "Fitted on": told.get("trained_on_comments"),
            "Calibrated on": told.get("calibrated_on_comments"),
            "Kept back to measure on": told.get("kept_back_comments"),
        }
        digests = {
            "Data (SHA-256)": told.get("data_sha256"),
            "Code (SHA-256)": told.get("code_sha256"),
            "Classifier (SHA-256)": one.sha256,
        }
        return [
            ("Learnt on top of", one.parent or "nothing"),
            *((name, f"{count:,} comments") for name, count in counts.items() if count),
            *((name, _fact(digest)) for name, digest in digests.items() if digest),
            *([("Made by", _fact(told["command"]))] if told.get("command") else []),
        ]


def metric_rows(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The metrics of a manifest as rows, as the facts of a worker have them."""
    return [
        {"measured_on": where, "category": category, **figures}
        for where, reports in (manifest.get("metrics") or {}).items()
        for category, figures in reports.items()
    ]


def told_category(category: str) -> str:
    """A category for people."""
    return "hold or approve" if category == WHOLE else category_label(category)


def _fact(value: object) -> str:
    return hostile.one_line(str(value), FACT_CHARACTERS)
