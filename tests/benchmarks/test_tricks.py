"""The tricks do to words what they say, to nothing else, and the same each time."""

from __future__ import annotations

import random
import unicodedata

import pytest

from benchmarks.tricks import (
    LEET,
    LOOK_ALIKES,
    TRICKS,
    ZERO_WIDTH,
    dotted,
    homoglyphs,
    leetspeak,
    play,
    repeated,
    spaced,
    starred,
    swapped,
    zero_width,
)

TEXT = "The old Library, opened in 1904; is it worth a visit?"
WORDS = ("library", "nitwit", "Weather", "fool", "old", "try")
EVERY_TRICK = pytest.mark.parametrize("name", TRICKS)
EVERY_WORD = pytest.mark.parametrize("word", WORDS)


@pytest.fixture
def rng() -> random.Random:
    return random.Random(7)


def by_look(replaced: dict[str, str]) -> dict[str, str]:
    """What each character stands for."""
    return {other: letter for letter, some in replaced.items() for other in some}


@EVERY_TRICK
def test_a_trick_is_played_the_same_way_each_time(name: str) -> None:
    assert play(TEXT, TRICKS[name], seed="1") == play(TEXT, TRICKS[name], seed="1")


@pytest.mark.parametrize(
    "name", ["zero-width", "homoglyphs", "leetspeak", "repeated", "swapped"]
)
def test_another_seed_throws_other_dice(name: str) -> None:
    assert len({play(TEXT, TRICKS[name], seed=str(seed)) for seed in range(20)}) > 1


@EVERY_TRICK
def test_only_the_words_that_are_named_are_changed(name: str) -> None:
    # When a trick is played on one word of a text
    played = play(TEXT, TRICKS[name], seed="1", words={"library"})

    # Then what stands before and behind it is as it was
    before, after = TEXT.split("Library")
    assert played.startswith(before)
    assert played.endswith(after)
    assert played != TEXT


@EVERY_TRICK
def test_signs_digits_and_short_words_stay(name: str) -> None:
    untouched = "It is a 1904, so: no!"

    assert play(untouched, TRICKS[name], seed="1") == untouched


@EVERY_TRICK
@EVERY_WORD
def test_every_trick_changes_every_word_that_is_long_enough(name: str, word: str) -> None:
    assert play(word, TRICKS[name], seed="1") != word


@EVERY_WORD
def test_zero_width_characters_leave_the_letters(word: str, rng: random.Random) -> None:
    hidden = zero_width(word, rng)

    assert hidden.translate(dict.fromkeys(map(ord, ZERO_WIDTH))) == word
    assert (hidden[0], hidden[-1]) == (word[0], word[-1])


@EVERY_WORD
def test_homoglyphs_are_of_other_scripts_and_stand_where_letters_stood(
    word: str, rng: random.Random
) -> None:
    looks = by_look(LOOK_ALIKES)

    written = homoglyphs(word, rng)

    assert "".join(looks.get(char, char) for char in written) == word


def test_no_look_alike_is_a_latin_letter_or_stands_for_two() -> None:
    others = [other for some in LOOK_ALIKES.values() for other in some]

    assert len(others) == len(set(others))
    assert all(unicodedata.name(one).startswith(("CYRILLIC", "GREEK")) for one in others)


@EVERY_WORD
def test_leetspeak_writes_digits_and_signs_for_letters(word: str, rng: random.Random) -> None:
    written = leetspeak(word, rng)

    assert len(written) == len(word)
    for char, letter in zip(written, word, strict=True):
        assert char == letter or char in LEET[letter.lower()]


def test_letters_are_spaced_out_with_gaps_between_the_words() -> None:
    assert play("old tree", spaced, seed="1") == " o l d   t r e e "


def test_letters_are_dotted() -> None:
    assert play("old tree", dotted, seed="1") == "o.l.d t.r.e.e"


@EVERY_WORD
def test_one_letter_is_repeated(word: str, rng: random.Random) -> None:
    stretched = repeated(word, rng)

    places = range(len(word))
    assert any(
        stretched == word[:at] + word[at] * count + word[at + 1 :]
        for at in places
        for count in range(3, 7)
    )


@pytest.mark.parametrize(
    ("word", "masked"),
    [("nitwit", "n*tw*t"), ("Fool", "F**l"), ("idiot", "id**t"), ("hmmm", "hm*m")],
)
def test_stars_stand_for_vowels_but_not_for_the_first_letter(
    word: str, masked: str, rng: random.Random
) -> None:
    assert starred(word, rng) == masked


@EVERY_WORD
def test_two_neighbours_are_swapped(word: str, rng: random.Random) -> None:
    written = swapped(word, rng)

    changed = [at for at, char in enumerate(word) if written[at] != char]
    assert len(changed) == 2
    first, second = changed
    assert second == first + 1
    assert (written[first], written[second]) == (word[second], word[first])


def test_the_ends_of_a_long_word_stay_when_letters_are_swapped() -> None:
    written = {swapped("weather", random.Random(seed)) for seed in range(50)}

    assert all(one[0] == "w" and one[-1] == "r" for one in written)


def test_a_word_without_different_neighbours_cannot_be_swapped(rng: random.Random) -> None:
    assert swapped("zzzz", rng) == "zzzz"


def test_the_ends_are_swapped_where_the_middle_is_of_one_letter(rng: random.Random) -> None:
    assert swapped("fool", rng) in {"ofol", "folo"}
