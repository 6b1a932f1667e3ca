"""Copies of comments as people write them to get past a filter.

Owns the tricks that the normaliser cannot undo, or not always: stars for letters, letters
left out, swapped or split, digits that may stand for several letters. The classifier learns
them from copies.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

#: A word is typical of abuse if it occurs in so many comments, this share of them abusive.
MIN_COMMENTS = 25
MIN_ABUSIVE_SHARE = 0.7

MIN_WORD_LENGTH = 4

#: Of harmless comments so many words are disguised at most.
MOST_WORDS = 3

WORD = re.compile(r"[a-z]+")
VOWELS = "aeiou"

#: A letter, and what may stand for it.
LEET_FOR = {
    "a": "4@",
    "b": "8",
    "e": "3",
    "g": "69",
    "i": "1!",
    "l": "1|",
    "o": "0",
    "s": "5$",
    "t": "7",
    "z": "2",
}

#: Stands before a word that is written together with the one before it.
GLUE = "\x00"


def some_words(text: str, rng: random.Random) -> frozenset[str]:
    """Return a few of the words of a normalised text, whatever they are."""
    words = sorted({word for word in WORD.findall(text) if len(word) >= MIN_WORD_LENGTH})
    return frozenset(rng.sample(words, min(len(words), rng.randrange(1, MOST_WORDS + 1))))


def disguise(text: str, words: frozenset[str], rng: random.Random) -> str | None:
    """Return `text`, normalised, with its typical words disguised; None if it has none."""
    found = 0

    def hide(match: re.Match[str]) -> str:
        nonlocal found
        word = match[0]
        if len(word) < MIN_WORD_LENGTH or word not in words:
            return word
        found += 1
        return rng.choice(TRICKS)(word, rng)

    disguised = WORD.sub(hide, text).replace(f" {GLUE}", "").replace(GLUE, "")
    return disguised if found else None


def _mask_vowels(word: str, rng: random.Random) -> str:
    sign = rng.choice("**#-.")
    return word[0] + "".join(sign if char in VOWELS else char for char in word[1:])


def _mask_middle(word: str, _rng: random.Random) -> str:
    return word[0] + "*" * (len(word) - 2) + word[-1]


def _mask_tail(word: str, _rng: random.Random) -> str:
    return word[0] + "*" * (len(word) - 1)


def _mask_one(word: str, rng: random.Random) -> str:
    place = rng.randrange(1, len(word))
    return word[:place] + rng.choice("*#_") + word[place + 1 :]


def _drop_vowels(word: str, _rng: random.Random) -> str:
    return word[0] + "".join(char for char in word[1:] if char not in VOWELS)


def _swap(word: str, rng: random.Random) -> str:
    place = rng.randrange(1, len(word) - 1)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _split(word: str, rng: random.Random) -> str:
    place = rng.randrange(1, len(word))
    return word[:place] + rng.choice(" -.") + word[place:]


def _leet(word: str, rng: random.Random) -> str:
    """Write some letters as digits and signs; the normaliser undoes what it can."""
    places = [place for place, char in enumerate(word) if char in LEET_FOR]
    if not places:
        return _mask_one(word, rng)
    changed = rng.sample(places, rng.randrange(1, len(places) + 1))
    return "".join(
        rng.choice(LEET_FOR[char]) if place in changed else char
        for place, char in enumerate(word)
    )


def _glue(word: str, _rng: random.Random) -> str:
    return GLUE + word


def _double(word: str, rng: random.Random) -> str:
    place = rng.randrange(len(word))
    return word[:place] + word[place] + word[place:]


#: The commonest tricks are there several times.
TRICKS: Sequence[Callable[[str, random.Random], str]] = (
    *(_swap,) * 4,
    *(_mask_vowels,) * 2,
    *(_mask_one,) * 2,
    _mask_middle,
    _mask_tail,
    *(_leet,) * 3,
    _drop_vowels,
    _split,
    _double,
    _glue,
)
