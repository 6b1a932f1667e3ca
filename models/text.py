"""Undoing evasion: one text as posted in, the text that a reader sees out.

Owns the rules by which `sh1t`, `s.h.i.t`, `shiiiit` and the same word in Cyrillic
look-alikes become one word, in training, in serving and for word lists alike.

A text passes through a fixed list of `Stage`s. Each is one regular expression and a
function of its match that looks at nothing else, so the same stages serve two readers:
`normalise` runs them at the speed of `re.sub`, `normalise_with_offsets` follows every
character back to where it stood. Accents on Latin letters are folded (`für` is `fur`);
all other scripts keep their letters and their vowel signs.

Linear in the length of the text, whatever is in it: no pattern can back up over more than
a few characters, and stacks of combining marks are cut before Unicode sorts them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from models.characters import ACCENTS, INVISIBLE, LATIN_VARIANTS, LOOK_ALIKES, MARKS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: Combining marks kept on one letter. Vietnamese needs two; zalgo stacks dozens.
MAX_MARKS = 3

#: So many characters are remembered with what they are folded to.
MOST_FOLDS = 20_000

#: The longest run of one sign that is kept: "!!!" says it all.
MAX_SIGN_RUN = 3

LATIN_LETTER = re.compile("[a-z]")
LATIN_LETTERS = re.compile("[a-z]+")

#: Digits and signs that stand for letters within a word.
LEET = str.maketrans("013457@$!|", "oieastasil")

#: Two of these spell what one alone does not.
LEET_DOUBLES = re.compile("99|66")

#: Where they do: between letters, or a sign at either end (`$hit`, `a$$`).
LEET_IN_PLACE = re.compile(r"[a-z](?:[013457@$!|]|99|66)+[a-z]|^[@$][a-z]|[a-z][@$]+$")

#: The furthest into a word that `!` is read as a letter: `sh!t`, but not `hello!there`.
MAX_LETTERS_BEFORE_BANG = 3

#: Letters that English doubles within a word and at its end: `assshole`, `killll`.
DOUBLED_INSIDE = frozenset("eloszgr")
DOUBLED_AT_END = frozenset("els")


@dataclass(frozen=True)
class Stage:
    """One rule: what `pattern` matches is replaced by what `replace` makes of it.

    `needs` is a quicker pattern, found in every text in which `pattern` is.
    """

    pattern: re.Pattern[str]
    replace: Callable[[re.Match[str]], str]
    needs: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Normalised:
    """A normalised text and where its characters came from.

    `begins[i]` and `ends[i]` enclose, in code points of the text as posted, what became
    the character `text[i]`.
    """

    text: str
    begins: list[int]
    ends: list[int]


def normalise(text: str) -> str:
    """Return `text` lower-cased, evasion undone, its words apart by single spaces.

    Never raises; lone surrogates become U+FFFD. Time is linear in the length of `text`.
    """
    return undo(prepare(text), ASCII_STAGES)


def prepare(text: str) -> str:
    """Return `text` in lower case and plain letters, its words apart by single spaces."""
    text = text.lower()
    if not text.isascii():
        text = _undo_unicode(text)
    if "  " in text:
        text = SPACED_WORDS.pattern.sub(SPACED_WORDS.replace, text)
    return " ".join(text.split())


def undo(text: str, stages: Sequence[Stage]) -> str:
    """Return `text` as some of the stages leave it."""
    for stage in stages:
        if stage.needs is None or stage.needs.search(text):
            text = stage.pattern.sub(stage.replace, text)
    return text


def normalise_with_offsets(text: str) -> Normalised:
    """Return what `normalise` returns, each character with its place in `text`.

    Several times slower than `normalise`: for explanations, not for scoring.
    """
    lowered = [(char, index) for index, posted in enumerate(text) for char in posted.lower()]
    tracked = Normalised(
        "".join(char for char, _ in lowered),
        [index for _, index in lowered],
        [index + 1 for _, index in lowered],
    )
    # `str.lower` minds the neighbours of a capital sigma, and of nothing else.
    tracked = Normalised(text.lower(), tracked.begins, tracked.ends)
    for stage in (*UNICODE_STAGES, SPACED_WORDS, WHITESPACE, *ASCII_STAGES):
        tracked = _apply(stage, tracked)
    return tracked


def _apply(stage: Stage, tracked: Normalised) -> Normalised:
    """Run one stage as `re.sub` would, carrying the offsets along."""
    pieces: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    position = 0
    for match in stage.pattern.finditer(tracked.text):
        start, stop = match.span()
        replacement = stage.replace(match)
        pieces += (tracked.text[position:start], replacement)
        begins += tracked.begins[position:start]
        ends += tracked.ends[position:start]
        if len(replacement) == stop - start:
            begins += tracked.begins[start:stop]
            ends += tracked.ends[start:stop]
        elif replacement:
            begins += [tracked.begins[start]] * len(replacement)
            ends += [tracked.ends[stop - 1]] * len(replacement)
        position = stop
    pieces.append(tracked.text[position:])
    return Normalised(
        "".join(pieces), begins + tracked.begins[position:], ends + tracked.ends[position:]
    )


def _undo_unicode(text: str) -> str:
    """Return what the Unicode stages leave; texts without marks have a quicker way through."""
    invisible, fold, latinise = UNICODE_STAGES
    text = undo(text, [invisible])
    text = undo(text, [fold]) if ANY_MARK.search(text) else text.translate(FOLDS)
    return undo(text, [latinise])


class _Folds(dict[int, str]):
    """A table for `str.translate` that learns what `_fold` makes of a single character."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = char if char.isascii() or char.isspace() else _plain_form(char)
        if len(self) < MOST_FOLDS:
            self[code] = folded
        return folded


def _nothing(_match: re.Match[str]) -> str:
    return ""


def _single_space(match: re.Match[str]) -> str:
    at_border = match.start() == 0 or match.end() == len(match.string)
    return "" if at_border else " "


def _fold(match: re.Match[str]) -> str:
    """Return one letter with its marks in its plainest form."""
    return _plain_form(match[0][: MAX_MARKS + 1])


@lru_cache(maxsize=8192)
def _plain_form(cluster: str) -> str:
    """Return Unicode's NFKC of a cluster, a Latin letter without its accents."""
    if "\ud800" <= cluster[0] <= "\udfff":
        return "\ufffd"
    if "\u3131" <= cluster[0] <= "\u318e":
        return cluster  # NFKC takes Korean letters that stand alone out of their fonts
    plain = unicodedata.normalize("NFKD", cluster).lower().translate(LATIN_VARIANTS)
    if plain[0].isascii() or unicodedata.combining(plain[0]):
        return ACCENTS.sub("", plain)
    return unicodedata.normalize("NFKC", plain)


def _latinise(match: re.Match[str]) -> str:
    """Return a word in Latin if it is of Latin letters and look-alikes, or looks like that.

    A word of look-alikes alone is a word of its own script, unless all around it is Latin.
    """
    word = match[0]
    latin = word.translate(LOOK_ALIKES)
    if not latin.isascii():
        return word
    return latin if LATIN_LETTER.search(word) or _is_mostly_latin(match.string) else word


@lru_cache(maxsize=2)
def _is_mostly_latin(text: str) -> bool:
    """Say whether most letters of a text are Latin; remembered while its words are asked."""
    latin = sum(map(len, LATIN_LETTERS.findall(text)))
    return latin > sum(map(str.isalpha, text)) - latin


def _join(match: re.Match[str]) -> str:
    """Return separated letters as one word, if letters are what they mostly are."""
    letters = match[0][:: len(match["separator"]) + 1]
    enough = 4 if "." in match["separator"] else 3
    alphabetic = sum(map(str.isalpha, letters))
    return letters if alphabetic >= 3 and len(letters) >= enough else match[0]


def _unleet(match: re.Match[str]) -> str:
    """Return a word with digits and signs among its letters as the word they spell.

    One digit that spells nothing says that the token is a name (`b2b`), and it stays; so
    does a mention (`@user`).
    """
    token = match[0]
    mention = token[0] == "@" and not token.startswith("@ss")
    if mention or token.find("!") > MAX_LETTERS_BEFORE_BANG or not LEET_IN_PLACE.search(token):
        return token
    spelt = LEET_DOUBLES.sub("gg", token).translate(LEET)
    return spelt if spelt.isalpha() else token


def _squeeze(match: re.Match[str]) -> str:
    """Return a run of one letter as long as the word would have it, of a sign cut short."""
    sign = match["sign"]
    text, (start, stop) = match.string, match.span()
    at_end = not text[stop : stop + 1].isalpha()
    alone = at_end and not text[max(start - 1, 0) : start].isalpha()  # "www", "xxx", "kkk"
    if alone or not LATIN_LETTER.match(sign):
        return sign * MAX_SIGN_RUN
    return sign * (2 if sign in (DOUBLED_AT_END if at_end else DOUBLED_INSIDE) else 1)


#: Which texts need more than a look at each character by itself.
ANY_MARK = re.compile(f"[{MARKS}]")
FOLDS = _Folds()

UNICODE_STAGES = (
    Stage(re.compile(f"[{INVISIBLE}]+"), _nothing),
    Stage(re.compile(f"[\x21-\x7e][{MARKS}]+|[^\x00-\x7f\\s][{MARKS}]*"), _fold),
    # Entered at the beginning of a word only: no word is read twice.
    Stage(
        re.compile(r"(?<!\w)[a-z0-9_]*+[\u0370-\u058f]\w*"),
        _latinise,
        needs=re.compile("[\u0370-\u058f]"),
    ),
)

#: Words as well as letters apart, `y o u   a r e`: the wider gaps are between words.
SPACED_WORDS = Stage(
    re.compile(
        r"(?<=  )[a-z0-9@$!](?: [a-z0-9@$!])+(?=  |\Z)|\A[a-z0-9@$!](?: [a-z0-9@$!])+(?=  )"
    ),
    lambda match: match[0].replace(" ", ""),
)

#: What `" ".join(text.split())` does, for those who follow offsets.
WHITESPACE = Stage(re.compile(r"\s+"), _single_space)

# Most texts have nothing to undo: each pattern begins with what rules most of it out fastest.
ASCII_STAGES = (
    Stage(
        re.compile(
            r"[a-z0-9@$!](?<![a-z0-9@$'].)(?P<separator>[ .\-_*/,~|]{1,3})"
            r"[a-z0-9@$!](?:(?P=separator)[a-z0-9@$!])+(?![a-z0-9@$'])"
        ),
        _join,
    ),
    # Bounded and fenced on both sides: addresses and long codes are out of its reach.
    Stage(
        re.compile(
            r"(?<![\w@$./:+=?&%#~-])[a-z]{0,12}+[0-9@$!|][a-z0-9@$!|]{0,12}"
            r"(?<=[a-z@$])(?![\w@$/:+-]|\.\w)"
        ),
        _unleet,
        needs=re.compile("[0-9@$!|]"),
    ),
    Stage(re.compile(r"(?P<sign>[^\s0-9])(?P=sign)(?P=sign)+"), _squeeze),
)
