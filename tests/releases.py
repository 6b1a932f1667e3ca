"""Releases for tests: the shipped one under other versions, with other intercepts."""

from __future__ import annotations

import json
from copy import copy
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from models import release as releases
from models.release import CARD_FILE, CLASSIFIER_FILE, MANIFEST_FILE, Release
from moderation.releases import ReleaseFiles


@cache
def shipped() -> Release:
    """The release that comes with the code."""
    return releases.load(releases.shipped())


@cache
def files_of(version: str, *, bias: float = 0.0) -> ReleaseFiles:
    """The shipped release as another version.

    Args:
        version: its name.
        bias: what is added to every probability's curve; 1 holds everything, -1 nothing.
    """
    classifier = copy(shipped().classifier)
    classifier.calibration_probabilities_ = [
        (curve + bias).clip(0, 1) for curve in shipped().classifier.calibration_probabilities_
    ]
    other = replace(shipped(), version=version, classifier=classifier)
    with TemporaryDirectory() as folder:
        releases.save(Path(folder), other, details={}, card=f"# {version}")
        return read_files(Path(folder))


def read_files(folder: Path) -> ReleaseFiles:
    """What the files in a folder contain."""
    return ReleaseFiles(
        (folder / MANIFEST_FILE).read_bytes(),
        (folder / CLASSIFIER_FILE).read_bytes(),
        (folder / CARD_FILE).read_text(encoding="utf-8"),
    )


def with_manifest(files: ReleaseFiles, **changes: Any) -> ReleaseFiles:
    """The same files with another manifest."""
    manifest = json.loads(files.manifest) | changes
    return replace(files, manifest=json.dumps(manifest).encode())


#: What a comparison says of a release that nothing speaks against, and of one that is worse.
NO_WORSE = {"verdict": "no worse", "sentences": ["nothing fell"]}
WORSE = {"verdict": "worse", "sentences": ["it holds 9 of 80 harmless sentences"]}
