"""The benchmark of retraining: nothing that is measured on is labelled, rows say what is so."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import retrain, retrain_communities
from benchmarks.retrain import overall, rows_of
from benchmarks.retrain_communities import Base, Community, examples_of
from benchmarks.retrain_trials import Standing, Trial
from models.learning.sources import Source
from models.release_files import load, shipped
from models.text import normalise

TOWN = Community("town", ("town",))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with the one file of a made-up town."""
    rude = [f"you dunderhead of the {number} bridge,1,town" for number in range(350)]
    kind = [f"thank you for the {number} bridge,0,town" for number in range(350)]
    lines = "\n".join(["text,label,source", *rude, *kind])
    with lzma.open(tmp_path / "town.csv.xz", "wt", encoding="utf-8") as file:
        file.write(lines)
    return tmp_path


def _trial(gain: float, error_ratio: float, fall: float, *, labels: int = 300) -> Trial:
    before = Standing(0.7, 0.1, {"toxicity": 0.9, "spam": 0.9})
    own = {"toxicity": 0.9, "spam": 0.9 - fall / 100}
    return Trial("town", labels, before, Standing(0.7 + gain / 100, 0.1 * error_ratio, own))


def test_what_is_measured_on_is_never_labelled(data: Path) -> None:
    pool, measured = examples_of(TOWN, data)

    texts = {normalise(one.text) for one in measured}
    assert len(pool) + len(measured) == 700
    assert 200 < len(measured) < 360
    assert not texts & {normalise(one.text) for one in pool}


def test_every_community_is_left_out_of_one_base_with_all_its_files() -> None:
    sources = {one.name: one for one in retrain.TRAINING_SOURCES}

    for line in retrain_communities.LEFT_OUT:
        files = [file for community in line for file in community.files]
        assert set(files) <= set(sources)
        english = [one for one in line if sources[one.files[0]].language == "en"]
        assert len(english) <= 1


def test_rows_are_reached_or_not_by_the_median_of_the_draws() -> None:
    good = [_trial(4, 0.4, 0.1), _trial(3.5, 0.5, 0.2), _trial(1, 0.9, 0.9)]
    bad = [_trial(2, 0.6, 0.4)]

    assert [row.reached for row in rows_of(good)] == [True, True, True]
    assert [row.reached for row in rows_of(bad)] == [False, False, False]
    assert next(rows_of(good)).also["lowest"] == pytest.approx(1)


def test_the_category_that_fell_most_is_named() -> None:
    assert _trial(4, 0.4, 0.4).worst == ("spam", pytest.approx(0.4))
    names = [row.name for row in rows_of([_trial(4, 0.4, 0.4)])]
    assert any("(spam)" in name for name in names)


def test_numbers_of_labels_are_not_mixed() -> None:
    rows = list(overall([_trial(4, 0.4, 0.1), _trial(7, 0.3, 0.1, labels=2_000)]))

    assert [row.value.median for row in rows[::3]] == [pytest.approx(4), pytest.approx(7)]


def test_the_command_adapts_a_release_and_prints_a_table(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given the shipped release as one that has never seen the town, tested on the town's file
    base = Base(load(shipped()), (TOWN,), (Source("town", "none"),), data)
    monkeypatch.setattr(retrain, "bases", lambda *_: iter([base]))
    monkeypatch.setattr(retrain, "NAMES", ["town"])
    monkeypatch.setattr(retrain, "LEFT_OUT", ((TOWN,),))
    file = tmp_path / "figures.json"

    done = CliRunner().invoke(
        retrain.main, ["--data", str(data), "--quick", "--json", str(file)]
    )

    assert done.exit_code == 0, done.output
    assert "town, 300 labels: ROC AUC rises" in done.output
    assert file.exists()
