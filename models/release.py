"""A release: the folder that a classifier is shipped in, and the classifier in service.

Owns the file format and everything that can be wrong with it. A folder holds

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
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import skops.io
from skops.io.exceptions import UntrustedTypesFoundException

from models import explanation
from models.classifier import CommentClassifier
from models.explanation import Span
from models.features import HashedNgrams
from models.kinds import kinds
from models.language import detect
from models.screening import normalise_all

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scipy.sparse import csr_matrix

    from models.features import Reading

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

#: The languages of the first releases, whose manifests do not name any (ISO 639-1).
FIRST_LANGUAGES = ("en", "de", "pt")
_LANGUAGE = re.compile("[a-z]{2,3}")

#: No release is larger than this when unpacked; what is would fill the memory.
MOST_UNPACKED_BYTES = 1 << 29

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

#: How many comments are scored at once: more are scored in parts, in bounded memory.
BATCH_SIZE = 256

__all__ = [
    "Release",
    "ReleaseError",
    "Scored",
    "Span",
    "Texts",
    "load",
    "loads",
    "save",
    "shipped",
]


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
class Scored:
    """What the classifier says of one text.

    `scores`: category -> calibrated probability in [0, 1]. `normalised`: the text with
    evasion undone, on which word lists are matched. `language`: what the text is written in
    (ISO 639-1), `None` where that cannot be told. `words`: how many words it has, and
    `unknown_words`: how many of them have no column of their own; both 0 if no word has one.
    """

    scores: dict[str, float]
    normalised: str
    language: str | None = None
    words: int = 0
    unknown_words: int = 0


@dataclass(frozen=True)
class Texts:
    """Texts that were read once, for every release that reads them alike.

    `rows`: their features, shape (n_texts, n_columns).
    """

    posted: Sequence[str]
    normalised: Sequence[str]
    reading: Reading
    rows: csr_matrix


@dataclass(frozen=True)
class Manifest:
    """What `release.json` says."""

    version: str
    categories: tuple[str, ...]
    thresholds: dict[str, float]
    languages: tuple[str, ...]
    sha256: str
    details: dict[str, Any]


@dataclass(frozen=True)
class Release:
    """A loaded release. Safe to use from several threads: nothing in it changes.

    A comment should be held when any score is at or above its threshold, or when it is in a
    language that is not one of `languages`: then its scores mean little.
    """

    version: str
    categories: tuple[str, ...]
    thresholds: Mapping[str, float]
    vectoriser: HashedNgrams
    classifier: CommentClassifier
    languages: tuple[str, ...] = FIRST_LANGUAGES

    def score(self, texts: Sequence[str]) -> list[Scored]:
        """Score texts as posted, in order, and say what language they are in."""
        scored: list[Scored] = []
        for first in range(0, len(texts), BATCH_SIZE):
            scored += self.score_read(self.read(texts[first : first + BATCH_SIZE]))
        return scored

    def read(self, texts: Sequence[str]) -> Texts:
        """Find what there is in texts as posted: nearly all of the work of scoring them."""
        normalised = normalise_all(texts)
        reading = self.vectoriser.read(normalised)
        return Texts(texts, normalised, reading, self.vectoriser.rows(reading))

    def score_read(self, texts: Texts) -> list[Scored]:
        """Score texts that this release has read, or one that `reads_like` it."""
        logits = self.classifier.judge(texts.rows, texts.reading)
        rows = self.classifier.calibrate(logits)
        scores = [dict(zip(self.categories, row, strict=True)) for row in rows.tolist()]
        languages = detect(texts.posted, texts.normalised, known=self.languages)
        counts = self.vectoriser.unknown_words(texts.reading)
        words, unknown = [one.tolist() for one in counts] if counts else [repeat(0)] * 2
        return list(map(Scored, scores, texts.normalised, languages, words, unknown))

    def kinds(self, scored: Sequence[Scored]) -> list[str]:
        """Return what kind of comment each is; those that resemble each other share one."""
        heads = [
            self.categories.index(max(one.scores, key=one.scores.__getitem__)) for one in scored
        ]
        return kinds(
            [one.normalised for one in scored],
            heads,
            vectoriser=self.vectoriser,
            classifier=self.classifier,
        )

    def reads_like(self, other: Release) -> bool:
        """Say whether another release finds the same features in the same columns."""
        return self.vectoriser.finds_the_same_as(other.vectoriser)

    def explain(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return for each text the words that brought a category near or over its threshold.

        Offsets are code points of the text as posted. Harmless texts have no spans. Slower
        than scoring: for texts that are held.
        """
        thresholds = [self.thresholds[category] for category in self.categories]
        return [
            explanation.explain(
                text,
                vectoriser=self.vectoriser,
                classifier=self.classifier,
                thresholds=dict(zip(self.categories, thresholds, strict=True)),
            )
            for text in texts
        ]

    def knows(self, language: str | None) -> bool:
        """Say whether texts of this language can be scored; true where it cannot be told."""
        return language is None or language in self.languages

    def would_hold(self, scored: Scored) -> bool:
        """Say whether a text should be held, for its scores or for its language."""
        return self.holds(scored.scores) or not self.knows(scored.language)

    def holds(self, scores: Mapping[str, float]) -> bool:
        """Say whether any score is at or above its threshold."""
        return any(scores[category] >= bar for category, bar in self.thresholds.items())


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
    _check_fit(manifest, vectoriser, classifier, name)
    return Release(
        manifest.version,
        manifest.categories,
        manifest.thresholds,
        vectoriser,
        classifier,
        manifest.languages,
    )


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
    skops.io.dump(estimators, path, compression=zipfile.ZIP_DEFLATED, compresslevel=9)
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
            thresholds={one: float(manifest["thresholds"][one]) for one in categories},
            languages=_languages(manifest),
            sha256=str(manifest["sha256"]),
            details=manifest,
        )
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{name} is not the manifest of a release: {error!r}"
        raise MalformedManifestError(msg) from error


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
            "classifier": CommentClassifier() as it,
        }:
            return vectoriser, it.unpack()
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


def _check_fit(
    manifest: Manifest, vectoriser: HashedNgrams, classifier: CommentClassifier, name: str
) -> None:
    """Raise MalformedClassifierError if the parts of a release cannot work together."""
    heads = len(manifest.categories)
    try:
        fits = (
            classifier.coef_.shape == (vectoriser.n_columns, heads)
            and classifier.intercept_.shape == (heads,)
            and len(classifier.calibration_logits_) == heads
            and len(classifier.calibration_probabilities_) == heads
            and bool(np.isfinite(classifier.coef_).all())
            and bool(np.isfinite(classifier.intercept_).all())
        )
    except (AttributeError, TypeError, ValueError) as error:
        msg = f"{name} contains a classifier that was never fitted: {error!r}"
        raise MalformedClassifierError(msg) from error
    if not fits:
        msg = f"{name} contains a classifier that its manifest or its vectoriser does not fit"
        raise MalformedClassifierError(msg)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
