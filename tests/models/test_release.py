"""The file format: what is loaded, and what is refused with which words."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

from models import release_files
from models.categories import CATEGORIES
from models.release import BATCH_SIZE
from models.release_files import load

if TYPE_CHECKING:
    from pathlib import Path

    from models.release import Release


def _change_manifest(folder: Path, **changes: Any) -> None:
    path = folder / release_files.MANIFEST_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def _replace_classifier(folder: Path, content: object) -> None:
    path = folder / release_files.CLASSIFIER_FILE
    skops.io.dump(content, path)
    _change_manifest(folder, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def _change_classifier(folder: Path, **changes: object) -> None:
    """Changes what a release of our own types contains; its digest stays right."""
    estimators = skops.io.load(
        folder / release_files.CLASSIFIER_FILE, trusted=list(release_files.TRUSTED_TYPES)
    )
    vars(estimators["classifier"]).update(changes)
    _replace_classifier(folder, estimators)


def test_a_saved_release_scores_as_before(release_folder: Path, tiny_release: Release) -> None:
    loaded = load(release_folder)

    texts = ["you nitwit", "a lovely bridge", ""]
    assert loaded.version == "test-1"
    assert loaded.thresholds == tiny_release.thresholds
    assert loaded.score(texts) == tiny_release.score(texts)


def test_scores_come_with_the_normalised_text(tiny_release: Release) -> None:
    (scored,) = tiny_release.score(["You N1TWIT"])

    assert scored.normalised == "you nitwit"
    assert tuple(scored.scores) == tiny_release.categories
    assert all(0 <= value <= 1 for value in scored.scores.values())


def test_scores_come_with_the_language(tiny_release: Release) -> None:
    texts = ["Thank you for this", "Merci beaucoup pour cet article", "👍"]

    assert [one.language for one in tiny_release.score(texts)] == ["en", "fr", None]


def test_a_release_knows_its_languages_and_texts_of_none(release_folder: Path) -> None:
    _change_manifest(release_folder, languages=["en", "fr"])

    loaded = load(release_folder)

    assert loaded.languages == ("en", "fr")
    assert [loaded.knows(one) for one in ("fr", "de", None)] == [True, False, True]


def test_a_manifest_of_before_languages_has_those_of_the_first_releases(
    release_folder: Path,
) -> None:
    path = release_folder / release_files.MANIFEST_FILE
    manifest = json.loads(path.read_text())
    assert manifest.pop("languages") == ["en", "de", "pt"]
    path.write_text(json.dumps(manifest))

    assert load(release_folder).languages == ("en", "de", "pt")


def test_more_texts_than_a_batch_are_scored_in_order(tiny_release: Release) -> None:
    texts = ["a lovely bridge"] * BATCH_SIZE + ["you nitwit"]

    scored = tiny_release.score(texts)

    assert len(scored) == len(texts)
    assert [one.scores["toxicity"] > 0.5 for one in scored] == [False] * 256 + [True]


def test_no_texts_have_no_scores(tiny_release: Release) -> None:
    assert tiny_release.score([]) == []
    assert tiny_release.explain([]) == []


def test_it_holds_at_the_threshold_and_not_below(tiny_release: Release) -> None:
    scores = dict.fromkeys(tiny_release.categories, 0.0)

    assert tiny_release.holds(scores | {"spam": 0.6})
    assert not tiny_release.holds(scores | {"spam": 0.599})


@pytest.mark.parametrize("name", [release_files.MANIFEST_FILE, release_files.CLASSIFIER_FILE])
def test_a_missing_file_is_named(release_folder: Path, name: str) -> None:
    (release_folder / name).unlink()

    with pytest.raises(release_files.MissingFileError, match=name):
        load(release_folder)


def test_a_tampered_classifier_is_refused_before_it_is_opened(
    release_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = release_folder / release_files.CLASSIFIER_FILE
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    monkeypatch.setattr(skops.io, "loads", lambda *_a, **_k: pytest.fail("it was opened"))

    with pytest.raises(release_files.DigestError, match="digest"):
        load(release_folder)


def test_a_type_that_is_not_on_the_list_is_refused(release_folder: Path) -> None:
    class_of_nobody = pytest.MonkeyPatch  # any class that is neither ours nor scikit-learn's
    _replace_classifier(release_folder, {"vectoriser": class_of_nobody, "classifier": None})

    with pytest.raises(release_files.UntrustedTypeError, match="MonkeyPatch"):
        load(release_folder)


def test_another_estimator_is_refused(release_folder: Path) -> None:
    # Given a file of types that skops trusts, and that are no release
    _replace_classifier(release_folder, {"vectoriser": LogisticRegression()})

    with pytest.raises(release_files.ReleaseError, match=release_files.CLASSIFIER_FILE):
        load(release_folder)


def test_a_file_that_is_no_skops_file_is_refused(release_folder: Path) -> None:
    path = release_folder / release_files.CLASSIFIER_FILE
    path.write_bytes(b"not a zip")
    _change_manifest(release_folder, sha256=hashlib.sha256(b"not a zip").hexdigest())

    with pytest.raises(release_files.ReleaseError, match=release_files.CLASSIFIER_FILE):
        load(release_folder)


def test_an_older_schema_is_refused(release_folder: Path) -> None:
    _change_manifest(release_folder, schema=1)

    with pytest.raises(release_files.OlderSchemaError, match="train the release anew"):
        load(release_folder)


def test_a_newer_schema_is_refused(release_folder: Path) -> None:
    _change_manifest(release_folder, schema=release_files.SCHEMA + 1)

    with pytest.raises(
        release_files.NewerSchemaError, match=f"schema {release_files.SCHEMA + 1}"
    ):
        load(release_folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"thresholds": {}},
        {"categories": 3},
        {"schema": "x"},
        {"thresholds": None},
        {"languages": "en"},
        {"languages": ["English"]},
        {"languages": [1]},
        {"languages": None},
        {"thresholds": dict.fromkeys(CATEGORIES, float("nan"))},
        {"thresholds": dict.fromkeys(CATEGORIES, -1)},
        {"categories": ["toxicity", "toxicity"]},
    ],
)
def test_a_malformed_manifest_is_refused(release_folder: Path, changes: dict[str, Any]) -> None:
    _change_manifest(release_folder, **changes)

    with pytest.raises(release_files.MalformedManifestError, match=release_files.MANIFEST_FILE):
        load(release_folder)


@pytest.mark.parametrize(
    ("logits", "probabilities"),
    [
        (np.array([-1.0, 1.0]), np.array([0.0, np.nan])),
        (np.array([-1.0, 1.0]), np.array([0.0, 5.0])),
        (np.array([np.nan, 1.0]), np.array([0.0, 1.0])),
        (np.array([1.0, -1.0]), np.array([0.0, 1.0])),
        (np.arange(9.0), np.array([0.0, 1.0])),
        (np.zeros(0), np.zeros(0)),
        (None, None),
    ],
)
def test_a_release_whose_scores_are_no_probabilities_is_refused(
    release_folder: Path, logits: object, probabilities: object
) -> None:
    _change_classifier(
        release_folder,
        calibration_logits_=[logits] * len(CATEGORIES),
        calibration_probabilities_=[probabilities] * len(CATEGORIES),
    )

    with pytest.raises(release_files.MalformedClassifierError):
        load(release_folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"coef_": None},
        {"intercept_": np.zeros(len(CATEGORIES), dtype=complex)},
        {"pooled_": "a word"},
    ],
)
def test_a_classifier_that_fails_at_the_first_text_is_refused(
    release_folder: Path, changes: dict[str, object]
) -> None:
    _change_classifier(release_folder, **changes)

    with pytest.raises(release_files.MalformedClassifierError):
        load(release_folder)
