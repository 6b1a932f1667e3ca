"""`moderation train`, as a shell sees it, and the promises that it makes."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from models.commands.score import score
from models.commands.train import train
from models.features import HashedNgrams
from models.release import Release
from models.release_files import load, shipped

ROOT = Path(__file__).parents[2]

#: A column and a value.
BYTES_A_FEATURE = 8

NOUNS = ("garden", "bridge", "train", "council", "school", "river", "market", "museum")
RUDE = ("nitwit", "blockhead", "dunderhead")


def _comments(count: int, *, seed: int = 1) -> list[tuple[str, int]]:
    """Made-up comments, every third of them rude."""
    rng = random.Random(seed)
    comments = []
    for number in range(count):
        nouns = " ".join(rng.choices(NOUNS, k=6))
        label = int(number % 3 == 0)
        rude = f"you {rng.choice(RUDE)}" if label else "thank you"
        comments.append((f"{rude}, the {nouns} {rng.randrange(10**6)}", label))
    return comments


def _write(path: Path, comments: list[tuple[str, int]]) -> Path:
    lines = [f'"{text}",{label}\n' for text, label in comments]
    path.write_text("text,label\n" + "".join(lines))
    return path


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    return _write(tmp_path / "labelled.csv", _comments(400))


def _train(*arguments: object) -> Result:
    return CliRunner().invoke(train, [str(one) for one in arguments])


def _trained(*arguments: object) -> dict[str, Any]:
    result = _train(*arguments, "--json")
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def _scores(folder: Path, texts: list[str]) -> np.ndarray:
    return np.array([list(one.scores.values()) for one in load(folder).score(texts)])


def test_a_release_is_trained_from_nothing_and_can_be_scored_with(
    labelled: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"

    told = _trained("--data", labelled, "--from", "none", "--output", folder)

    assert told["parent"] is None
    assert told["folder"] == str(folder)
    assert told["metrics"]["label"]["roc_auc"] > 0.95
    assert told["fitted_on"] + told["calibrated_on"] + told["kept_back"] >= 400
    # Only what the file labels is scored: about the rest the release would guess.
    assert load(folder).categories == ("toxicity",)
    result = CliRunner().invoke(
        score, ["--model", str(folder)], input='{"text": "you blockhead"}'
    )
    assert json.loads(result.stdout)["scores"]["toxicity"] > 0.5


def test_what_is_kept_back_is_never_trained_on(
    labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given comments whose labels are all wrong where they are kept back
    from models.learning.candidate import SPLIT
    from models.learning.training import fold_of
    from models.text import normalise

    comments = [
        (text, 1 - label if fold_of(normalise(text)) in SPLIT.report else label)
        for text, label in _comments(400)
    ]
    _write(labelled, comments)

    told = _trained("--data", labelled, "--from", "none", "--output", tmp_path / "mine")

    # Then the candidate has learnt the opposite of them.
    assert told["metrics"]["label"]["roc_auc"] < 0.1


def test_on_top_of_a_parent_only_what_is_labelled_changes(
    labelled: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"

    told = _trained("--data", labelled, "--output", folder)

    parent, child = load(shipped()), load(folder)
    assert told["parent"] == parent.version
    assert list(told["labelled"]) == ["toxicity"]
    assert child.categories == parent.categories
    assert child.thresholds == parent.thresholds
    assert np.array_equal(child.classifier.coef_[:, 1:], parent.classifier.coef_[:, 1:])
    assert np.array_equal(child.classifier.intercept_, parent.classifier.intercept_)
    for head in range(1, len(child.categories)):
        assert np.array_equal(
            child.classifier.calibration_probabilities_[head],
            parent.classifier.calibration_probabilities_[head],
        )


def test_a_parent_learns_new_words_and_forgets_no_old_ones(
    labelled: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    new, old = "you dunderhead", ["fuck off you idiot", "Thank you for this article."]

    _trained("--data", labelled, "--output", folder)

    before, after = load(shipped()), load(folder)
    assert _toxicity(after, new) > _toxicity(before, new) + 0.05
    for text in old:
        assert _toxicity(after, text) == pytest.approx(_toxicity(before, text), abs=0.05)


def _toxicity(release: Release, text: str) -> float:
    return release.score([text])[0].scores["toxicity"]


def test_the_candidate_is_printed_beside_its_parent_with_the_difference(
    labelled: Path, tmp_path: Path
) -> None:
    result = _train("--data", labelled, "--output", tmp_path / "mine")

    assert result.exit_code == 0
    assert "difference" in result.stdout
    assert load(shipped()).version in result.stdout
    assert f"written to {tmp_path / 'mine'}" in result.stdout
    assert result.stderr.splitlines() == ["Reading ...", "Fitting ...", "Measuring ..."]


def test_the_json_has_what_the_contract_names(labelled: Path, tmp_path: Path) -> None:
    told = _trained("--data", labelled, "--output", tmp_path / "mine")

    assert {"version", "metrics", "parent", "folder", "against", "difference"} <= set(told)
    assert told["version"] == load(tmp_path / "mine").version


def test_the_release_says_where_it_comes_from(labelled: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"

    _trained("--data", labelled, "--output", folder, "--seed", 7)

    manifest = json.loads((folder / "release.json").read_text())
    assert manifest["parent"]["version"] == load(shipped()).version
    assert manifest["seed"] == 7
    assert manifest["data"][0]["file"] == "labelled.csv"
    assert manifest["data"][0]["comments"] == 400
    card = (folder / "MODEL_CARD.md").read_text()
    for fact in (
        manifest["data_sha256"],
        manifest["code_sha256"],
        "labelled.csv",
        "| seed | 7",
    ):
        assert fact in card


def test_a_candidate_can_be_trained_further(labelled: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    _trained("--data", labelled, "--from", "none", "--output", first)

    told = _trained("--data", labelled, "--from", first, "--output", second)

    assert told["parent"] == load(first).version


@pytest.mark.parametrize("start", [["--from", "none"], []])
def test_the_same_data_and_seed_give_the_same_predictions_in_any_process(
    labelled: Path, tmp_path: Path, start: list[str]
) -> None:
    folders = [tmp_path / f"run{number}" for number in range(2)]
    for number, folder in enumerate(folders):
        _train_in_a_process(
            ["--data", str(labelled), *start, "--output", str(folder)],
            PYTHONHASHSEED=str(number),
        )

    texts = [text for text, _ in _comments(200, seed=2)]
    one, other = (_scores(folder, texts) for folder in folders)
    assert one.tobytes() == other.tobytes()
    assert load(folders[0]).version == load(folders[1]).version


def test_another_order_of_the_rows_gives_nearly_the_same_predictions(
    labelled: Path, tmp_path: Path
) -> None:
    backwards = _write(tmp_path / "backwards.csv", _comments(400)[::-1])
    texts = [text for text, _ in _comments(200, seed=2)]

    for path in (labelled, backwards):
        _trained("--data", path, "--output", tmp_path / path.stem)

    one, other = (_scores(tmp_path / path.stem, texts) for path in (labelled, backwards))
    assert np.abs(one - other).max() < 0.005


def test_rows_may_come_from_several_files(labelled: Path, tmp_path: Path) -> None:
    comments = _comments(400)
    halves = [
        _write(tmp_path / "a.csv", comments[:200]),
        _write(tmp_path / "b.csv", comments[200:]),
    ]

    whole = _trained("--data", labelled, "--output", tmp_path / "one")
    parts = _trained("--data", halves[0], "--data", halves[1], "--output", tmp_path / "two")

    assert whole["version"] == parts["version"]


def test_bad_rows_of_all_files_are_named_and_nothing_is_written(
    labelled: Path, tmp_path: Path
) -> None:
    (tmp_path / "bad.csv").write_text("text,label\nsecret words,5\n,1\n")
    folder = tmp_path / "mine"

    result = _train("--data", labelled, "--data", tmp_path / "bad.csv", "--output", folder)

    assert result.exit_code == 2
    assert "bad.csv:\nline 2: `label` is neither 0 nor 1\nline 3: no `text`" in result.stderr
    assert "secret" not in result.output
    assert not folder.exists()


def test_bad_rows_are_skipped_and_counted_on_demand(labelled: Path, tmp_path: Path) -> None:
    with labelled.open("a") as file:
        file.write("secret words,5\n")

    result = _train("--data", labelled, "--skip-bad-rows", "--json", "--output", tmp_path / "m")

    assert json.loads(result.stdout)["skipped_rows"] == 1
    assert "labelled.csv: skipped 1 bad row" in result.stderr
    assert "line 402: `label` is neither 0 nor 1" in result.stderr
    assert "secret" not in result.output


def test_unknown_columns_are_refused_by_name_and_can_be_ignored(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = "".join(f'"{text}",{label},x\n' for text, label in _comments(200))
    path.write_text("text,label,source\n" + rows)

    refused = _train("--data", path, "--output", tmp_path / "mine")
    ignored = _train("--data", path, "--output", tmp_path / "mine", "--ignore", "source")

    assert refused.exit_code == 2
    assert "unknown column `source`" in refused.stderr
    assert "--ignore source" in refused.stderr
    assert ignored.exit_code == 0


@pytest.mark.parametrize("label", [0, 1])
def test_too_little_data_is_an_error_that_says_how_many_are_needed(
    tmp_path: Path, label: int
) -> None:
    path = _write(tmp_path / "few.csv", [(text, label) for text, _ in _comments(60)])

    result = _train("--data", path, "--output", tmp_path / "mine")

    assert result.exit_code == 2
    assert "at least 10 comments labelled 1 and 10 labelled 0" in result.stderr
    assert list(tmp_path.iterdir()) == [path]


def test_a_release_is_never_overwritten(labelled: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()

    result = _train("--data", labelled, "--output", folder)

    assert result.exit_code == 1
    assert "never overwritten" in result.stderr
    assert not list(folder.iterdir())


def test_folders_are_numbered_unless_one_is_named(
    labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    folders = [_trained("--data", labelled)["folder"] for _ in range(2)]

    assert [folder[-2:] for folder in folders] == ["-1", "-2"]
    assert {path.name for path in tmp_path.iterdir()} == {"labelled.csv", *folders}


def test_a_report_with_plots_is_written(labelled: Path, tmp_path: Path) -> None:
    _trained("--data", labelled, "--output", tmp_path / "mine", "--report", tmp_path / "report")

    assert (tmp_path / "report" / "index.html").read_text().startswith("<!doctype html>")


def test_spam_that_is_labelled_does_not_teach_toxicity(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [f'"{text}",{label},{label}\n' for text, label in _comments(300)]
    path.write_text("text,label,spam\n" + "".join(rows))

    told = _trained("--data", path, "--from", "none", "--output", tmp_path / "mine")

    assert list(told["labelled"]) == ["spam"]


def test_the_language_of_the_files_is_known_afterwards(tmp_path: Path) -> None:
    openings = ("merci beaucoup pour cet article", "quelle honte, espèce de crétin")
    french = [
        (f"{openings[number % 2]} numéro {number} que nous avons lu hier soir", number % 2)
        for number in range(200)
    ]
    path = _write(tmp_path / "fr.csv", french)

    told = _trained("--data", path, "--output", tmp_path / "mine")

    assert "fr" in told["languages"]
    assert set(load(shipped()).languages) < set(told["languages"])


def test_help_teaches_with_an_example() -> None:
    result = _train("--help")

    assert "$ moderation train --data labelled.csv" in result.output


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    # Given files of a size, and of four times that, each many times what is read at once
    few, many = _long_comments(4_000), _long_comments(16_000)

    peaks = [
        _peak_bytes(_write(tmp_path / f"{len(comments)}.csv", comments))
        for comments in (few, many)
    ]

    # Then the larger one takes at most a fraction more than its features alone would.
    features = HashedNgrams().transform([text for text, _ in few[:200]]).nnz / 200
    more_bytes = (len(many) - len(few)) * features * BYTES_A_FEATURE
    assert peaks[1] - peaks[0] < more_bytes / 3


def _long_comments(count: int) -> list[tuple[str, int]]:
    rng = random.Random(4)
    filler = [f"{noun}{number}" for noun in NOUNS for number in range(300)]
    return [
        (f"{text} {' '.join(rng.choices(filler, k=60))}", label)
        for text, label in _comments(count)
    ]


def _peak_bytes(path: Path) -> int:
    result = _train_in_a_process(
        ["--data", str(path), "--from", "none", "--output", str(path.with_suffix(""))],
        MODERATION_TEST_SMALL_PARTS="1",
    )
    return int(result.stderr.splitlines()[-1])


def _train_in_a_process(
    arguments: list[str], **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.models.train_in_a_process", *arguments],
        env={**os.environ, **environment},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
