"""The evasion benchmark compares like with like."""

from __future__ import annotations

import csv
import lzma
from pathlib import Path

import pytest

from benchmarks import evasion
from benchmarks.plan import QUICK, Plan
from benchmarks.tricks import TRICKS
from moderation.settings import Settings

RUDE = [f"Number {number} is a rude nitwit" for number in range(40)]
KIND = [f"Number {number} is a kind neighbour" for number in range(40)]


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """A folder with a small labelled file in it."""
    rows = [(text, "1") for text in RUDE] + [(text, "0") for text in KIND]
    with lzma.open(tmp_path / evasion.FILE, "wt", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(("text", "label", "source"))
        writer.writerows((*row, "here") for row in rows)
    return tmp_path


def test_there_is_a_row_for_each_trick_and_strength_beside_the_clean_one(
    small_release: Path, labelled: Path
) -> None:
    plan = Plan([], QUICK, Settings(release=str(small_release)), data=labelled)

    rows = evasion.measure(plan)

    assert len(rows) == 1 + 2 * len(TRICKS)
    assert rows[0].also["difference"] == 0
    assert rows[0].also["AUC"] == rows[0].also["AUC all disguised"]
    assert all(row.also["touched"] == 100 for row in rows[1:])


def test_a_few_comments_are_drawn_from_all_over_the_file(labelled: Path) -> None:
    # Given a file in which all of the abuse comes first
    path = labelled / evasion.FILE

    # When half of it is read
    abusive, harmless = evasion.read_some(path, most=len(RUDE))

    # Then there is some of either, the same each time
    assert len(abusive) + len(harmless) == len(RUDE)
    assert set(abusive) < set(RUDE)
    assert set(harmless) < set(KIND)
    assert (abusive, harmless) == evasion.read_some(path, most=len(RUDE))


def test_words_that_matter_are_those_typical_of_abuse() -> None:
    assert evasion.words_that_matter(RUDE, KIND) == {"rude", "nitwit"}


def test_without_typical_words_all_of_four_letters_matter() -> None:
    assert evasion.words_that_matter(["so very bad"], ["all is well"]) == {"very", "well"}


def test_the_same_comments_are_disguised_the_same_way_each_time() -> None:
    strength = evasion.Strength("all words", None)
    trick = TRICKS["swapped"]

    once, twice = (evasion.disguised(KIND, trick, strength, kind="x") for _ in range(2))

    assert once == twice
    assert once != evasion.disguised(KIND, trick, strength, kind="y")
