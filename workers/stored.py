"""Releases between the record and the classifier: loaded from it, and put into it."""

from __future__ import annotations

from pathlib import Path

from models import release_files as releases
from models.release import Release
from models.release_files import (
    CARD_FILE,
    CLASSIFIER_FILE,
    MANIFEST_FILE,
    MalformedManifestError,
    ReleaseError,
)
from moderation.errors import UnsuitableError
from moderation.record.releases import Releases
from moderation.releases import ReleaseFiles


def load_stored(stored: Releases, site: str, version: str) -> Release:
    """A release that a site has of its own, its digest and its name checked.

    Raises:
        UnknownReleaseError: the site has none of this version, or its file is gone.
        ReleaseError: this code cannot use it.
    """
    files = stored.files(site, version)
    found = releases.loads(files.manifest, files.classifier, name=version)
    if found.version != version:
        msg = f"the manifest of {version} says that it is {found.version}"
        raise MalformedManifestError(msg)
    return found


def files_of(folder: Path) -> ReleaseFiles:
    """What a release's folder contains, tried before it is handed on.

    Raises:
        UnsuitableError: it is no release that this code can use.
    """
    try:
        releases.load(folder)
    except ReleaseError as error:
        raise UnsuitableError(f"the release in {folder} cannot be used: {error}") from error
    card = folder / CARD_FILE
    return ReleaseFiles(
        (folder / MANIFEST_FILE).read_bytes(),
        (folder / CLASSIFIER_FILE).read_bytes(),
        card.read_text(encoding="utf-8") if card.exists() else "",
    )


def write_files(folder: Path, files: ReleaseFiles) -> None:
    """Writes a release into a new folder.

    Raises:
        FileExistsError: the folder is there already.
    """
    folder.mkdir(parents=True)
    (folder / MANIFEST_FILE).write_bytes(files.manifest)
    (folder / CLASSIFIER_FILE).write_bytes(files.classifier)
    (folder / CARD_FILE).write_text(files.card, encoding="utf-8")
