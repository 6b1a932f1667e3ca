"""Releases for tests that load: the shipped one under other versions and thresholds."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

from models import release_files as releases
from models.release import Release
from moderation.releases import ReleaseFiles
from workers import stored

#: What a comparison says of a release that nothing speaks against, and of one that is worse.
NO_WORSE = {"verdict": "no worse", "sentences": ["nothing fell"]}
WORSE = {"verdict": "worse", "sentences": ["it holds 9 of 80 harmless sentences"]}
#: Thresholds from which everything is held, and nothing.
EVERYTHING, NOTHING = 0.0, 1.0


@cache
def shipped() -> Release:
    """The release that comes with the code."""
    return releases.load(releases.shipped())


@cache
def files_of(version: str, *, holds_from: float | None = None) -> ReleaseFiles:
    """The shipped release under another name.

    Args:
        version: the name.
        holds_from: its threshold for every category, those of the shipped one unless given.
    """
    changes: dict[str, Any] = {"version": version}
    if holds_from is not None:
        changes["thresholds"] = dict.fromkeys(shipped().categories, holds_from)
    return with_manifest(_shipped_files(), **changes)


def with_manifest(files: ReleaseFiles, **changes: Any) -> ReleaseFiles:
    """The same files with another manifest."""
    manifest = json.loads(files.manifest) | changes
    return replace(files, manifest=json.dumps(manifest).encode())


@cache
def _shipped_files() -> ReleaseFiles:
    return stored.files_of(releases.shipped())
