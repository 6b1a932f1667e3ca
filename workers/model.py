"""The release for sites that have none of their own, with all that scoring needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models import language
from models import release_files as releases
from models.release import Release
from models.release_files import Manifest, ReleaseError
from moderation.errors import SettingsError
from moderation.settings import Settings
from workers.memory import give_back_memory

#: What a release's manifest tells the moderators, where it says so.
FACTS = ("created_at", "trained_on_comments", "data_sha256")
#: And what of its metrics, for each set of comments that it was measured on.
METRICS = (
    "rows",
    "positives",
    "roc_auc",
    "average_precision",
    "recall_at_5_percent_false_holds",
    "false_hold_share",
)


def load_default(settings: Settings) -> Release:
    """The release that the settings name, else the shipped one.

    Raises:
        SettingsError: it cannot be used; the message says why.
    """
    # Before the release, which then takes over the memory that loading has used.
    language.prepare()
    folder = _folder(settings)
    try:
        return releases.load(folder)
    except ReleaseError as error:
        raise SettingsError(f"the release in {folder} cannot be used: {error}") from error
    finally:
        give_back_memory()


def default_manifest(settings: Settings) -> Manifest:
    """What `release.json` says of that release.

    Raises:
        SettingsError: it cannot be read.
    """
    try:
        return releases.read_manifest(_folder(settings))
    except ReleaseError as error:
        raise SettingsError(f"the release cannot be used: {error}") from error


def facts_of_default(settings: Settings) -> dict[str, Any]:
    """What `release.json` says of that release, as little as moderators are shown.

    Raises:
        ReleaseError: it cannot be read.
    """
    manifest = releases.read_manifest(_folder(settings))
    told = {name: manifest.details[name] for name in FACTS if name in manifest.details}
    metrics = [
        {"measured_on": where, "category": category, **_rounded(report)}
        for where, reports in manifest.details.get("metrics", {}).items()
        for category, report in reports.items()
    ]
    return {**told, "languages": list(manifest.languages), "metrics": metrics}


def _rounded(report: Mapping[str, Any]) -> dict[str, Any]:
    return {name: round(report[name], 4) for name in METRICS if report.get(name) is not None}


def _folder(settings: Settings) -> Path:
    return Path(settings.release) if settings.release else releases.shipped()
