"""The files of a release: `classifier.skops`, `release.json` and `MODEL_CARD.md`.

Owns the format and everything that can be wrong with it. A release in a folder holds

- `classifier.skops`, the fitted estimators;
- `release.json`, what is known about them: schema and version, the digest of the file
  above, categories, thresholds, languages, metrics, data, licences, the command that made it;
- `MODEL_CARD.md`, the same for people.

A release file is data, never code: its digest is checked before it is opened, and only
types on a fixed list are built from it.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import skops.io
from skops.io.exceptions import UntrustedTypesFoundException

from models.classifier import CommentClassifier
from models.features import HashedNgrams
from models.release import FIRST_LANGUAGES, Release

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

#: The version of the format that this code writes, and the only one that it reads: features
#: of another would be other features.
SCHEMA = 2
CLASSIFIER_FILE = "classifier.skops"
MANIFEST_FILE = "release.json"
CARD_FILE = "MODEL_CARD.md"

#: Every type of ours that a release may contain. Never extend it from a file.
TRUSTED_TYPES = (
    "models.classifier.CommentClassifier",
    "models.features.HashedNgrams",
    "models.pooling.PooledHead",
)
_LANGUAGE = re.compile("[a-z]{2,3}")

#: No release is larger than this when unpacked; what is would fill the memory.
MOST_UNPACKED_BYTES = 1 << 29

#: A text that each release scores before it is used, and that nobody will read.
PROBE = "a few plain words, however stupid"

#: What skops raises, and what it calls raise, at a file that somebody has made up.
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
)


class ReleaseError(Exception):
    """Raised when a folder is not a release that this code can load."""


class MissingFileError(ReleaseError):
    """Raised when a file of the release is not there."""


class MalformedManifestError(ReleaseError):
    """Raised when `release.json` is not what its schema says."""


class NewerSchemaError(ReleaseError):
    """Raised when a release was written by newer code than this."""


class OlderSchemaError(ReleaseError):
    """Raised when a release was written by code whose features this one no longer knows."""


class MalformedClassifierError(ReleaseError):
    """Raised when `classifier.skops` does not contain a classifier of ours."""


class DigestError(ReleaseError):
    """Raised when the classifier is not the file that the manifest describes."""


class UntrustedTypeError(ReleaseError):
    """Raised when a release contains a type that is not on the fixed list."""


@dataclass(frozen=True)
class Manifest:
    """What `release.json` says."""

    version: str
    categories: tuple[str, ...]
    thresholds: dict[str, float]
    languages: tuple[str, ...]
    sha256: str
    details: dict[str, Any]


def shipped() -> Path:
    """Return the folder of the newest release that comes with the code."""
    released = Path(__file__).parent / "released"
    folders = sorted(found.parent for found in released.glob(f"*/{MANIFEST_FILE}"))
    if not folders:
        msg = f"no release in {released}; `make release` builds one"
        raise MissingFileError(msg)
    return folders[-1]


def load(folder: Path) -> Release:
    """Load the release in `folder`.

    Raises:
        ReleaseError: one of its subclasses, whose message names the file and the fault.
    """
    manifest = read_manifest(folder)
    path = folder / CLASSIFIER_FILE
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        msg = f"{path} is missing"
        raise MissingFileError(msg) from error
    return _release(manifest, content, str(path))


def loads(manifest: str | bytes, classifier: bytes, *, name: str) -> Release:
    """Load a release from what its two files contain.

    Args:
        manifest: of `release.json`.
        classifier: of `classifier.skops`.
        name: what complaints call it.

    Raises:
        ReleaseError: one of its subclasses, but for `MissingFileError`.
    """
    told = parse_manifest(manifest, f"{MANIFEST_FILE} of {name}")
    return _release(told, classifier, f"{CLASSIFIER_FILE} of {name}")


def _release(manifest: Manifest, content: bytes, name: str) -> Release:
    vectoriser, classifier = _estimators(content, sha256=manifest.sha256, name=name)
    release = Release(
        manifest.version,
        manifest.categories,
        manifest.thresholds,
        vectoriser,
        classifier,
        manifest.languages,
    )
    _check_fit(release, name)
    return release


def save(folder: Path, release: Release, *, details: Mapping[str, Any], card: str = "") -> None:
    """Write `release` into `folder`, which is made if need be.

    Args:
        folder: where to.
        release: what.
        details: whatever else the manifest should say; plain JSON.
        card: the model card, in Markdown.
    """
    folder.mkdir(parents=True, exist_ok=True)
    estimators = {"vectoriser": release.vectoriser, "classifier": release.classifier}
    path = folder / CLASSIFIER_FILE
    skops.io.dump(estimators, path, compression=zipfile.ZIP_DEFLATED)
    manifest = {
        "schema": SCHEMA,
        "version": release.version,
        "sha256": _digest(path),
        "categories": list(release.categories),
        "thresholds": dict(release.thresholds),
        "languages": list(release.languages),
        **details,
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / MANIFEST_FILE).write_text(text, encoding="utf-8")
    (folder / CARD_FILE).write_text(card, encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Read `release.json` alone, without opening the classifier.

    Raises:
        MissingFileError, MalformedManifestError, NewerSchemaError, OlderSchemaError.
    """
    path = folder / MANIFEST_FILE
    try:
        return parse_manifest(path.read_bytes(), str(path))
    except FileNotFoundError as error:
        msg = f"{path} is missing"
        raise MissingFileError(msg) from error


def parse_manifest(written: str | bytes, name: str) -> Manifest:
    """Read what `release.json` contains; complaints call it by `name`.

    Raises:
        MalformedManifestError, NewerSchemaError, OlderSchemaError.
    """
    try:
        manifest = json.loads(written)
        schema = int(manifest["schema"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        msg = f"{name} is not the manifest of a release: {error!r}"
        raise MalformedManifestError(msg) from error
    if schema > SCHEMA:
        msg = f"{name} has schema {schema}; this code reads {SCHEMA}: update the code first"
        raise NewerSchemaError(msg)
    if schema < SCHEMA:
        msg = f"{name} has schema {schema}; this code reads {SCHEMA}: train the release anew"
        raise OlderSchemaError(msg)
    return _manifest(manifest, name)


def _manifest(manifest: dict[str, Any], name: str) -> Manifest:
    try:
        categories = tuple(map(str, manifest["categories"]))
        return Manifest(
            version=str(manifest["version"]),
            categories=categories,
            thresholds=_thresholds(categories, manifest["thresholds"]),
            languages=_languages(manifest),
            sha256=str(manifest["sha256"]),
            details=manifest,
        )
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{name} is not the manifest of a release: {error!r}"
        raise MalformedManifestError(msg) from error


def _thresholds(categories: Sequence[str], told: Mapping[str, Any]) -> dict[str, float]:
    """Return category -> threshold.

    Raises:
        KeyError: one is missing.
        ValueError: one is none, such as NaN, which no score would ever reach; or a category
            stands there twice.
    """
    thresholds = {one: float(told[one]) for one in categories}
    if len(thresholds) != len(categories):
        msg = "a category stands there twice"
        raise ValueError(msg)
    if wrong := [one for one, bar in thresholds.items() if not 0 <= bar <= 1]:
        msg = f"a threshold is a number from 0 to 1, unlike that of {', '.join(wrong)}"
        raise ValueError(msg)
    return thresholds


def _languages(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the languages that a manifest names, those of the first releases if none.

    Raises:
        ValueError: they are no list of codes.
    """
    codes = manifest.get("languages", list(FIRST_LANGUAGES))
    if not isinstance(codes, list) or not all(
        isinstance(code, str) and _LANGUAGE.fullmatch(code) for code in codes
    ):
        msg = f"languages must be a list of ISO 639-1 codes, not {codes!r}"
        raise ValueError(msg)
    return tuple(codes)


def _estimators(
    content: bytes, *, sha256: str, name: str
) -> tuple[HashedNgrams, CommentClassifier]:
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        msg = f"{name} has the SHA-256 digest {found}, its manifest says {sha256}"
        raise DigestError(msg)
    try:
        _refuse_bombs(content, name)
        estimators = skops.io.loads(content, trusted=list(TRUSTED_TYPES))
    except UntrustedTypesFoundException as error:
        msg = f"{name} contains types that no release may contain: {error}"
        raise UntrustedTypeError(msg) from error
    except UNREADABLE as error:
        msg = f"{name} is not a skops file that this code can read: {error!r}"
        raise MalformedClassifierError(msg) from error
    match estimators:
        case {
            "vectoriser": HashedNgrams() as vectoriser,
            "classifier": CommentClassifier() as classifier,
        }:
            return vectoriser, classifier
    msg = f"{name} does not contain a vectoriser and a classifier"
    raise MalformedClassifierError(msg)


def _refuse_bombs(content: bytes, name: str) -> None:
    """Raise MalformedClassifierError if unpacking the file would fill the memory."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacked_bytes = sum(one.file_size for one in archive.infolist())
    if unpacked_bytes > MOST_UNPACKED_BYTES:
        msg = (
            f"{name} would be {unpacked_bytes:,} bytes when unpacked;"
            f" no release has more than {MOST_UNPACKED_BYTES:,}"
        )
        raise MalformedClassifierError(msg)


def _check_fit(release: Release, name: str) -> None:
    """Make a release ready to score, and raise MalformedClassifierError if it cannot."""
    classifier, heads = release.classifier, len(release.categories)
    try:
        classifier.unpack()
        curves = list(
            zip(
                classifier.calibration_logits_,
                classifier.calibration_probabilities_,
                strict=True,
            )
        )
        fits = (
            classifier.coef_.shape == (release.vectoriser.n_columns, heads)
            and classifier.intercept_.shape == (heads,)
            and len(curves) == heads
            and bool(np.isfinite(classifier.coef_).all())
            and bool(np.isfinite(classifier.intercept_).all())
            and all(_is_curve(*curve) for curve in curves)
            and _are_probabilities(list(release.score([PROBE])[0].scores.values()))
        )
    except UNREADABLE as error:
        msg = f"{name} contains a classifier that cannot score: {error!r}"
        raise MalformedClassifierError(msg) from error
    if not fits:
        msg = f"{name} contains a classifier that its manifest or its vectoriser does not fit"
        raise MalformedClassifierError(msg)


def _is_curve(logits: ArrayLike, probabilities: ArrayLike) -> bool:
    """Say whether these are the points of a curve that makes any logit a probability."""
    return (
        0 < np.size(logits) == np.size(probabilities)
        and bool(np.isfinite(logits).all())
        and bool((np.diff(logits) >= 0).all())
        and _are_probabilities(probabilities)
    )


def _are_probabilities(values: ArrayLike) -> bool:
    found = np.asarray(values)
    return bool(((found >= 0) & (found <= 1)).all())


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
