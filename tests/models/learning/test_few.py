"""Few comments: all are fitted on, and each is judged by weights that have not seen it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from models.dataset import read
from models.learning import candidate, few
from models.learning.candidate import SPLIT, Candidate, Order, TooLittleDataError
from models.learning.few import FewComments
from models.learning.training import MOST_WEIGHT, fold_of
from models.release import Release
from models.release_files import load, shipped
from models.text import normalise

NOUNS = ("garden", "bridge", "train", "council", "school", "river", "market", "museum")


class CancelledError(Exception):
    """Raised by somebody who does not want to wait any longer."""


@contextmanager
def unwatched(stage: str, length: int) -> Iterator[Callable[[int], object]]:
    del stage, length
    yield lambda _steps: None


def _comments(count: int) -> list[tuple[str, int]]:
    rng = random.Random(1)
    comments = []
    for number in range(count):
        label = int(number % 3 == 0)
        begin = "you dunderhead" if label else "thank you"
        nouns = " ".join(rng.choices(NOUNS, k=5))
        comments.append((f"{begin}, the {nouns} {rng.randrange(10**6)}", label))
    return comments


def _write(path: Path, comments: list[tuple[str, int]], **more: object) -> Path:
    rows = [json.dumps({"text": text, "label": label, **more}) for text, label in comments]
    path.write_text("\n".join(rows))
    return path


@pytest.fixture(scope="module")
def parent() -> Release:
    return load(shipped())


def _trained(file: Path, parent: Release | None) -> Candidate:
    return candidate.train(Order((file,), parent, 1), unwatched, scratch=file.parent)


def test_of_few_comments_all_but_the_kept_back_are_fitted_and_calibrated_on(
    tmp_path: Path, parent: Release
) -> None:
    comments = _comments(300)
    file = _write(tmp_path / "labels.jsonl", comments)

    trained = _trained(file, parent)

    kept_back = [one for one, _ in comments if fold_of(normalise(one)) in SPLIT.report]
    assert trained.kept_back == len(kept_back)
    assert trained.calibrated_on == 300 - len(kept_back)
    assert trained.fitted_on >= trained.calibrated_on  # copies in disguise besides


def test_few_comments_make_probabilities_those_of_the_site(
    tmp_path: Path, parent: Release
) -> None:
    # Given 200 comments that are held, though nothing in them is rude to the parent
    comments = [(f"the {noun} of {number}", 1) for number in range(40) for noun in NOUNS[:5]]
    comments += [(f"my {noun} in {number}", 0) for number in range(20) for noun in NOUNS[:5]]
    file = _write(tmp_path / "labels.jsonl", comments)

    trained = _trained(file, parent).release

    scores = [one.scores["toxicity"] for one in trained.score([text for text, _ in comments])]
    before = [one.scores["toxicity"] for one in parent.score([text for text, _ in comments])]
    share = 200 / 300
    assert abs(np.mean(before) - share) > 0.3
    assert abs(np.mean(scores) - share) < 0.1


def test_duplicates_that_differ_in_case_and_spaces_are_kept_back_together(
    tmp_path: Path, parent: Release
) -> None:
    comments = _comments(120)
    twins = [(f"  {text.upper()} ", label) for text, label in comments]
    file = _write(tmp_path / "labels.jsonl", comments + twins)
    order = Order((file,), parent, 1)

    held = {normalise(one.text) for one in candidate.kept_back(order)}

    rest = {
        normalise(one.text)
        for one in read(file)
        if fold_of(normalise(one.text)) not in SPLIT.report
    }
    assert len(held) == len(list(candidate.kept_back(order))) / 2
    assert held
    assert not held & rest


@pytest.mark.parametrize("stage", ["Reading", "Fitting"])
def test_a_training_that_is_cancelled_leaves_nothing(
    tmp_path: Path, parent: Release, stage: str
) -> None:
    file = _write(tmp_path / "labels.jsonl", _comments(1200))
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    @contextmanager
    def impatient(now: str, length: int) -> Iterator[Callable[[int], object]]:
        del length

        def step(_steps: int) -> None:
            if now == stage:
                assert any(scratch.iterdir())
                raise CancelledError

        yield step

    with pytest.raises(CancelledError):
        candidate.train(Order((file,), parent, 1), impatient, scratch=scratch)

    assert not any(scratch.iterdir())


def test_measuring_can_be_cancelled(tmp_path: Path, parent: Release) -> None:
    trained = _trained(_write(tmp_path / "labels.jsonl", _comments(100)), parent)

    @contextmanager
    def impatient(stage: str, length: int) -> Iterator[Callable[[int], object]]:
        del stage, length

        def step(_steps: int) -> None:
            raise CancelledError

        yield step

    with pytest.raises(CancelledError):
        candidate.compare(trained, parent, impatient)


def test_one_class_is_refused_with_what_is_missing(tmp_path: Path, parent: Release) -> None:
    file = _write(tmp_path / "labels.jsonl", [(text, 1) for text, _ in _comments(50)])

    with pytest.raises(TooLittleDataError, match="about 15 more labelled 0") as refused:
        _trained(file, parent)

    assert "more labelled 1" not in str(refused.value)


def test_a_weight_is_fitted_with_up_to_a_bound_and_kept_for_measuring(
    tmp_path: Path, parent: Release
) -> None:
    comments = _comments(200)
    light = _write(tmp_path / "light.jsonl", comments)
    heavy = _write(tmp_path / "heavy.jsonl", comments, weight=MOST_WEIGHT)
    heavier = _write(tmp_path / "heavier.jsonl", comments, weight=10 * MOST_WEIGHT)

    weights = [
        np.asarray(_trained(file, parent).release.classifier.coef_, dtype=np.float32)
        for file in (light, heavy, heavier)
    ]

    assert not np.array_equal(weights[0], weights[1])
    assert np.array_equal(weights[1], weights[2])
    assert {one.weight for one in candidate.kept_back(Order((heavier,), parent, 1))} == {100.0}


def test_comments_are_let_go_of_when_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(few, "FEW", 2)
    comments = FewComments()
    nothing = np.zeros(1, dtype=np.float32)

    for number in range(3):
        assert comments.comments is not None
        comments.add(few.Comment(f"comment {number}", nothing, nothing))

    assert comments.comments is None
