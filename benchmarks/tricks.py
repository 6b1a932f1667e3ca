"""Eight ways to write a word so that people read it and machines do not.

Written from what evaluations of text filters commonly try (invisible characters and
look-alikes: Boucher et al., "Bad Characters", IEEE S&P 2022; the others: HateCheck, ACL
2021, and the perturbations of "TextBugger", NDSS 2019). It deliberately shares nothing with
what `models` undoes or trains on, so that it can find what those overlook.

Which characters are hit hangs on the seed and the text's number alone.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Collection
from typing import Final

#: Shorter words have nothing to hide.
LEAST_LETTERS = 3
WORD = re.compile(r"[A-Za-z]+")

#: The chance that a letter which could be replaced is; one always is.
REPLACED_SHARE = 0.75
STRETCHED_BY = (3, 6)

#: Space, non-joiner, joiner, word joiner, soft hyphen, byte order mark.
ZERO_WIDTH = "\u200b\u200c\u200d\u2060\u00ad\ufeff"
VOWELS = frozenset("aeiouAEIOU")

#: Cyrillic and Greek letters that most fonts draw like these, at least nearly so.
LOOK_ALIKES: Final = {
    "a": "аα",
    "c": "сϲ",
    "d": "ԁ",
    "e": "еε",
    "h": "һ",
    "i": "іι",
    "j": "ј",
    "k": "кκ",
    "n": "пη",
    "o": "оο",
    "p": "рρ",
    "s": "ѕ",
    "t": "тτ",
    "u": "υ",
    "v": "ν",
    "w": "ԝω",
    "x": "хχ",
    "y": "уγ",
    "A": "АΑ",
    "B": "ВΒ",
    "C": "С",
    "E": "ЕΕ",
    "H": "НΗ",
    "I": "ІΙ",
    "K": "КΚ",
    "M": "МΜ",
    "N": "Ν",
    "O": "ОΟ",
    "P": "РΡ",
    "S": "Ѕ",
    "T": "ТΤ",
    "X": "ХΧ",
    "Y": "ҮΥ",
    "Z": "Ζ",
}
LEET: Final = {
    "a": "4@",
    "b": "8",
    "e": "3",
    "g": "9",
    "i": "1!",
    "l": "1",
    "o": "0",
    "s": "5$",
    "t": "7",
    "z": "2",
}

Trick = Callable[[str, random.Random], str]


def zero_width(word: str, rng: random.Random) -> str:
    """Put one or two characters that nobody sees into a word."""
    for _ in range(rng.randint(1, 2)):
        place = rng.randrange(1, len(word))
        word = word[:place] + rng.choice(ZERO_WIDTH) + word[place:]
    return word


def homoglyphs(word: str, rng: random.Random) -> str:
    """Write letters of another alphabet that look the same."""
    return _replace(word, rng, LOOK_ALIKES)


def leetspeak(word: str, rng: random.Random) -> str:
    """Write digits and signs for letters."""
    return _replace(word, rng, {**LEET, **{one.upper(): some for one, some in LEET.items()}})


def spaced(word: str, _rng: random.Random) -> str:
    """Put a space between letters, and wider gaps around the word."""
    return f" {' '.join(word)} "


def dotted(word: str, _rng: random.Random) -> str:
    """Put a dot between letters."""
    return ".".join(word)


def repeated(word: str, rng: random.Random) -> str:
    """Stretch one letter."""
    place = rng.randrange(len(word))
    return word[:place] + word[place] * rng.randint(*STRETCHED_BY) + word[place + 1 :]


def starred(word: str, _rng: random.Random) -> str:
    """Put stars for the vowels behind the first letter; without any, for one in the middle."""
    masked = word[0] + "".join("*" if char in VOWELS else char for char in word[1:])
    middle = len(word) // 2
    return masked if masked != word else f"{word[:middle]}*{word[middle + 1 :]}"


def swapped(word: str, rng: random.Random) -> str:
    """Swap two neighbours that differ; in long words not at either end if it can be helped."""
    inside = range(1, len(word) - 2) if len(word) > LEAST_LETTERS else range(0)
    places = _differing(word, inside) or _differing(word, range(len(word) - 1))
    if not places:
        return word
    at = rng.choice(places)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


TRICKS: Final[dict[str, Trick]] = {
    "zero-width": zero_width,
    "homoglyphs": homoglyphs,
    "leetspeak": leetspeak,
    "spaced": spaced,
    "dotted": dotted,
    "repeated": repeated,
    "starred": starred,
    "swapped": swapped,
}


def play(text: str, trick: Trick, *, seed: str, words: Collection[str] | None = None) -> str:
    """`text` with a trick played on its words: these, in lower case, or all of them."""
    rng = random.Random(seed)

    def hide(match: re.Match[str]) -> str:
        word = match[0]
        chosen = words is None or word.lower() in words
        return trick(word, rng) if chosen and len(word) >= LEAST_LETTERS else word

    return WORD.sub(hide, text)


def _differing(word: str, places: range) -> list[int]:
    """Those of the places where a letter is another one than the next."""
    return [at for at in places if word[at].lower() != word[at + 1].lower()]


def _replace(word: str, rng: random.Random, by: dict[str, str]) -> str:
    """`word` with some of the letters replaced that can be, one of them at least."""
    places = [at for at, char in enumerate(word) if char in by]
    if not places:
        return word
    sure = rng.choice(places)
    letters = list(word)
    for at in places:
        if at == sure or rng.random() < REPLACED_SHARE:
            letters[at] = rng.choice(by[word[at]])
    return "".join(letters)
