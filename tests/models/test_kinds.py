"""What kind of comment each text is, and how many of its words are known."""

from __future__ import annotations

import numpy as np
import pytest

from models import release_files as releases
from models.release import Release


@pytest.fixture(scope="module")
def release() -> Release:
    return releases.load(releases.shipped())


def kinds(release: Release, *texts: str) -> list[str]:
    return release.kinds(release.score(texts))


def test_copies_with_a_word_changed_are_of_one_kind(release: Release) -> None:
    found = kinds(
        release,
        "You are an idiot and everybody knows it",
        "you are an IDIOT, and everyone here knows it",
        "What an idiot!",
        "Nobody needs such stupid articles",
    )
    assert len(set(found[:3])) == 1
    assert found[3] != found[0]
    assert all(len(one) == 3 and int(one, 16) < 4_096 for one in found)


def test_the_kind_of_a_text_does_not_hang_on_its_neighbours(release: Release) -> None:
    texts = ["You are an idiot", "Win cash now at our casino", "", "😀", "@anna @bob"]
    assert kinds(release, *texts) == [kinds(release, text)[0] for text in texts]
    assert kinds(release) == []


def test_who_is_spoken_to_makes_no_kind(release: Release) -> None:
    one, other = kinds(release, "@anna you idiot", "@bob you idiot")
    assert one == other


def test_words_that_the_release_does_not_know_are_counted(release: Release) -> None:
    known, half, none = release.score(["the house is old", "the house qwxzvq zzkrrtp", ""])
    assert (known.words, known.unknown_words) == (4, 0)
    assert (half.words, half.unknown_words) == (4, 2)
    assert (none.words, none.unknown_words) == (0, 0)


def test_a_release_that_knows_no_words_says_so(release: Release) -> None:
    bare = type(release.vectoriser)()
    assert bare.unknown_words(bare.read(["some words"])) is None
    counted = release.vectoriser.unknown_words(release.vectoriser.read(["a b", "c"]))
    assert counted is not None
    assert np.array_equal(counted[0], [2, 1])
