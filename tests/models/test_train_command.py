"""`moderation train`, as a shell sees it, and the promises that it makes.

Where it does not matter what is learnt on top of what, that is a release as small as can be:
to write the weights of a real one is most of the work.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from models.commands.score import score
from models.commands.train import train
from models.release import Release
from models.release_files import load, shipped
from tests.labelled_comments import labelled_comments, write_csv
from tests.models.train_in_a_process import train_in_a_process

COMMENTS = 400
SEED = 7
#: Sets and dicts of texts come in another order than in this process.
ANOTHER_HASH_SEED = "4711"


@dataclass(frozen=True)
class Trained:
    """A release that was trained for several tests, and what was told of it."""

    folder: Path
    told: dict[str, Any]

    def load(self) -> Release:
        """Loads it anew."""
        return load(self.folder)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of labelled comments, for reading alone."""
    path = tmp_path_factory.mktemp("labelled") / "labelled.csv"
    return write_csv(path, labelled_comments(COMMENTS))


@pytest.fixture(scope="module")
def from_nothing(labelled: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """What is trained from nothing."""
    folder = tmp_path_factory.mktemp("nothing") / "mine"
    return Trained(folder, _trained("--data", labelled, "--from", "none", "--output", folder))


@pytest.fixture(scope="module")
def report_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `on_top` leaves its report."""
    return tmp_path_factory.mktemp("report") / "report"


@pytest.fixture(scope="module")
def on_top(
    labelled: Path, report_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Trained:
    """What is trained on top of the shipped release, with a seed and a report."""
    folder = tmp_path_factory.mktemp("on-top") / "mine"
    options = ("--output", folder, "--seed", SEED, "--report", report_folder)
    return Trained(folder, _trained("--data", labelled, *options))


@pytest.fixture(scope="module")
def parent() -> Release:
    """The release that comes with the code."""
    return load(shipped())


@pytest.fixture
def on_tiny(release_folder: Path) -> tuple[object, ...]:
    """The options that train on top of a release as small as can be."""
    return ("--from", release_folder)


def _train(*arguments: object) -> Result:
    return CliRunner().invoke(train, [str(one) for one in arguments])


def _trained(*arguments: object) -> dict[str, Any]:
    result = _train(*arguments, "--json")
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def _scores(release: Release) -> np.ndarray:
    """What a release says of comments that it has not seen."""
    texts = [text for text, _ in labelled_comments(200, seed=2)]
    return np.array([list(one.scores.values()) for one in release.score(texts)])


def test_a_release_is_trained_from_nothing_and_can_be_scored_with(
    from_nothing: Trained,
) -> None:
    told = from_nothing.told

    assert told["parent"] is None
    assert told["folder"] == str(from_nothing.folder)
    assert told["metrics"]["label"]["roc_auc"] > 0.95
    assert told["fitted_on"] + told["calibrated_on"] + told["kept_back"] >= COMMENTS
    # Only what the file labels is scored: about the rest the release would guess.
    assert from_nothing.load().categories == ("toxicity",)
    result = CliRunner().invoke(
        score, ["--model", str(from_nothing.folder)], input='{"text": "you blockhead"}'
    )
    assert json.loads(result.stdout)["scores"]["toxicity"] > 0.5


def test_what_is_kept_back_is_never_trained_on(tmp_path: Path) -> None:
    # Given comments whose labels are all wrong where they are kept back
    from models.learning.candidate import SPLIT
    from models.learning.training import fold_of
    from models.text import normalise

    comments = [
        (text, 1 - label if fold_of(normalise(text)) in SPLIT.report else label)
        for text, label in labelled_comments(COMMENTS)
    ]
    path = write_csv(tmp_path / "wrong.csv", comments)

    told = _trained("--data", path, "--from", "none", "--output", tmp_path / "mine")

    # Then the candidate has learnt the opposite of them.
    assert told["metrics"]["label"]["roc_auc"] < 0.1


def test_on_top_of_a_parent_only_what_is_labelled_changes(
    on_top: Trained, parent: Release
) -> None:
    child = on_top.load()

    assert on_top.told["parent"] == parent.version
    assert list(on_top.told["labelled"]) == ["toxicity"]
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
    on_top: Trained, parent: Release
) -> None:
    new, old = "you dunderhead", ["fuck off you idiot", "Thank you for this article."]

    child = on_top.load()

    assert _toxicity(child, new) > _toxicity(parent, new) + 0.05
    for text in old:
        assert _toxicity(child, text) == pytest.approx(_toxicity(parent, text), abs=0.05)


def _toxicity(release: Release, text: str) -> float:
    return release.score([text])[0].scores["toxicity"]


def test_the_candidate_is_printed_beside_its_parent_with_the_difference(
    labelled: Path, tiny_release: Release, on_tiny: tuple[object, ...], tmp_path: Path
) -> None:
    result = _train("--data", labelled, *on_tiny, "--output", tmp_path / "mine")

    assert result.exit_code == 0
    assert "difference" in result.stdout
    assert f"on top of {tiny_release.version}" in result.stdout
    assert f"written to {tmp_path / 'mine'}" in result.stdout
    assert result.stderr.splitlines() == ["Reading ...", "Fitting ...", "Measuring ..."]


def test_the_json_has_what_the_contract_names(on_top: Trained) -> None:
    told = on_top.told

    assert {"version", "metrics", "parent", "folder", "against", "difference"} <= set(told)
    assert told["version"] == on_top.load().version


def test_the_release_says_where_it_comes_from(on_top: Trained, parent: Release) -> None:
    manifest = json.loads((on_top.folder / "release.json").read_text())
    assert manifest["parent"]["version"] == parent.version
    assert manifest["seed"] == SEED
    assert manifest["data"][0]["file"] == "labelled.csv"
    assert manifest["data"][0]["comments"] == COMMENTS
    card = (on_top.folder / "MODEL_CARD.md").read_text()
    for fact in (
        manifest["data_sha256"],
        manifest["code_sha256"],
        "labelled.csv",
        f"| seed | {SEED}",
    ):
        assert fact in card


def test_a_candidate_can_be_trained_further(
    labelled: Path, from_nothing: Trained, tmp_path: Path
) -> None:
    first, second = from_nothing.folder, tmp_path / "second"

    told = _trained("--data", labelled, "--from", first, "--output", second)

    assert told["parent"] == load(first).version


@pytest.mark.parametrize(
    ("trained_here", "options"),
    [("from_nothing", ("--from", "none")), ("on_top", ("--seed", SEED))],
)
def test_the_same_data_and_seed_give_the_same_predictions_in_any_process(
    labelled: Path,
    tmp_path: Path,
    trained_here: str,
    options: tuple[object, ...],
    request: pytest.FixtureRequest,
) -> None:
    here: Trained = request.getfixturevalue(trained_here)

    elsewhere = tmp_path / "elsewhere"
    train_in_a_process(
        ["--data", labelled, *options, "--output", elsewhere], PYTHONHASHSEED=ANOTHER_HASH_SEED
    )

    one, other = here.load(), load(elsewhere)
    assert _scores(one).tobytes() == _scores(other).tobytes()
    assert one.version == other.version


def test_another_order_of_the_rows_gives_nearly_the_same_predictions(
    on_top: Trained, tmp_path: Path
) -> None:
    backwards = write_csv(tmp_path / "backwards.csv", labelled_comments(COMMENTS)[::-1])

    _trained("--data", backwards, "--seed", SEED, "--output", tmp_path / "mine")

    one, other = _scores(on_top.load()), _scores(load(tmp_path / "mine"))
    assert np.abs(one - other).max() < 0.005


def test_rows_may_come_from_several_files(
    labelled: Path, on_tiny: tuple[object, ...], tmp_path: Path
) -> None:
    comments = labelled_comments(COMMENTS)
    halves = [
        write_csv(tmp_path / "a.csv", comments[: COMMENTS // 2]),
        write_csv(tmp_path / "b.csv", comments[COMMENTS // 2 :]),
    ]

    whole = _trained("--data", labelled, *on_tiny, "--output", tmp_path / "one")
    parts = _trained(
        *("--data", halves[0], "--data", halves[1]), *on_tiny, "--output", tmp_path / "two"
    )

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


def test_bad_rows_are_skipped_and_counted_on_demand(
    on_tiny: tuple[object, ...], tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "bad.csv", labelled_comments(COMMENTS))
    with path.open("a") as file:
        file.write("secret words,5\n")

    options = ("--skip-bad-rows", "--json", "--output", tmp_path / "mine")
    result = _train("--data", path, *on_tiny, *options)

    assert json.loads(result.stdout)["skipped_rows"] == 1
    assert "bad.csv: skipped 1 bad row" in result.stderr
    assert f"line {COMMENTS + 2}: `label` is neither 0 nor 1" in result.stderr
    assert "secret" not in result.output


def test_unknown_columns_are_refused_by_name_and_can_be_ignored(
    on_tiny: tuple[object, ...], tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    rows = "".join(f'"{text}",{label},x\n' for text, label in labelled_comments(200))
    path.write_text("text,label,source\n" + rows)
    command = ("--data", path, *on_tiny, "--output", tmp_path / "mine")

    refused = _train(*command)
    ignored = _train(*command, "--ignore", "source")

    assert refused.exit_code == 2
    assert "unknown column `source`" in refused.stderr
    assert "--ignore source" in refused.stderr
    assert ignored.exit_code == 0


@pytest.mark.parametrize("label", [0, 1])
def test_too_little_data_is_an_error_that_says_how_many_are_needed(
    tmp_path: Path, label: int
) -> None:
    comments = [(text, label) for text, _ in labelled_comments(60)]
    path = write_csv(tmp_path / "few.csv", comments)

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
    labelled: Path,
    on_tiny: tuple[object, ...],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = tmp_path_factory.mktemp("here")
    monkeypatch.chdir(here)

    folders = [_trained("--data", labelled, *on_tiny)["folder"] for _ in range(2)]

    assert [folder[-2:] for folder in folders] == ["-1", "-2"]
    assert {path.name for path in here.iterdir()} == set(folders)


def test_a_report_with_plots_is_written(on_top: Trained, report_folder: Path) -> None:
    assert (report_folder / "index.html").read_text().startswith("<!doctype html>")


def test_spam_that_is_labelled_does_not_teach_toxicity(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [f'"{text}",{label},{label}\n' for text, label in labelled_comments(300)]
    path.write_text("text,label,spam\n" + "".join(rows))

    told = _trained("--data", path, "--from", "none", "--output", tmp_path / "mine")

    assert list(told["labelled"]) == ["spam"]


def test_the_language_of_the_files_is_known_afterwards(
    tiny_release: Release, on_tiny: tuple[object, ...], tmp_path: Path
) -> None:
    openings = ("merci beaucoup pour cet article", "quelle honte, espèce de crétin")
    french = [
        (f"{openings[number % 2]} numéro {number} que nous avons lu hier soir", number % 2)
        for number in range(200)
    ]
    path = write_csv(tmp_path / "fr.csv", french)

    told = _trained("--data", path, *on_tiny, "--output", tmp_path / "mine")

    assert "fr" in told["languages"]
    assert set(tiny_release.languages) < set(told["languages"])


def test_help_teaches_with_an_example() -> None:
    result = _train("--help")

    assert "$ moderation train --data labelled.csv" in result.output
