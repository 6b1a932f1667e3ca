"""Copies of abusive comments as people write them to get past a filter.

Owns the tricks that the normaliser cannot undo, because what was masked is gone: stars
for letters, letters left out, swapped or split. The classifier learns them from copies.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Sequence

#: A word is typical of abuse if it occurs in so many comments, this share of them abusive.
MIN_COMMENTS = 25
MIN_ABUSIVE_SHARE = 0.7

MIN_WORD_LENGTH = 4
WORD = re.compile(r"[a-z]+")
VOWELS = "aeiou"

#: Stands before a word that is written together with the one before it.
GLUE = "\x00"


def typical_words(texts: Iterable[str], labels: Iterable[int]) -> frozenset[str]:
    """Return the words of normalised `texts` that hardly occur but in abusive ones."""
    everywhere: Counter[str] = Counter()
    abusive: Counter[str] = Counter()
    for text, label in zip(texts, labels, strict=True):
        words = set(WORD.findall(text))
        everywhere.update(words)
        if label:
            abusive.update(words)
    return frozenset(
        word
        for word, count in everywhere.items()
        if count >= MIN_COMMENTS and abusive[word] >= MIN_ABUSIVE_SHARE * count
    )


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


def _glue(word: str, _rng: random.Random) -> str:
    return GLUE + word


def _double(word: str, rng: random.Random) -> str:
    place = rng.randrange(len(word))
    return word[:place] + word[place] + word[place:]


TRICKS: Sequence[Callable[[str, random.Random], str]] = (
    _mask_vowels,
    _mask_middle,
    _mask_tail,
    _mask_one,
    _mask_one,
    _drop_vowels,
    _swap,
    _split,
    _double,
    _glue,
)
