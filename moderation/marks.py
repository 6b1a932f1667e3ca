"""A text cut into pieces, some of them marked, and why.

Cut here and not in the browser: marks count Unicode code points, as Python does, while
JavaScript counts UTF-16 units.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from heapq import heappop, heappush
from itertools import groupby, pairwise
from typing import Any

from moderation.wording import category_label
from moderation.wordlists import WordList

#: So many word lists are kept ready; a site has two.
MOST_LISTS = 64


class Kind(StrEnum):
    """What a piece of a text is."""

    PLAIN = "plain"
    SCORE = "score"
    """Evidence of the model: it raised a score."""
    LIST = "list"
    """A word on a list of the site."""
    HIDDEN = "hidden"
    """Stands for characters that would not be seen, or would disturb what is."""


#: Which mark shows where two of different kinds overlap: the later one.
_RISING = (Kind.PLAIN, Kind.SCORE, Kind.LIST, Kind.HIDDEN)


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a text as it was posted, `begin` and `end` in code points."""

    begin: int
    end: int
    kind: Kind
    label: str
    """What the mark means, in a few words."""
    category: str = ""
    score: float = 0.0
    instead: str = ""
    """What is shown in place of the stretch; "" shows it as it is."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text, ready to be shown; `label` and `category` where it is marked."""

    text: str
    kind: Kind = Kind.PLAIN
    label: str = ""
    category: str = ""


def score_marks(spans: Iterable[Mapping[str, Any]]) -> list[Mark]:
    """The model's evidence, `{begin, end, category, score}` each, as marks."""
    return [
        Mark(
            span["begin"],
            span["end"],
            Kind.SCORE,
            f"{category_label(span['category'])} {span['score']:.2f}",
            span["category"],
            span["score"],
        )
        for span in spans
    ]


def list_marks(text: str, words: Iterable[str]) -> list[Mark]:
    """Where words and phrases of a list stand in a text, in plain spelling, as marks."""
    return [
        Mark(begin, end, Kind.LIST, f"on the word list: {entry}")
        for begin, end, entry in _word_list(tuple(words)).places(text)
    ]


def cut(text: str, marks: Iterable[Mark]) -> list[Piece]:
    """A text cut at its marks.

    Where marks overlap, hidden wins over list and list over score, among scores the higher.
    Takes n log n time in the number of marks, however they overlap.
    """
    marks = list(marks)
    if not marks:
        return [Piece(text)] if text else []
    shown = groupby(_stretches(len(text), marks), key=lambda stretch: id(stretch[0]))
    return [_piece(text, list(run)) for _, run in shown]


def _stretches(length: int, marks: list[Mark]) -> Iterator[tuple[Mark | None, int, int]]:
    """The text from edge to edge, each stretch with the strongest mark that covers it."""
    marks.sort(key=lambda mark: mark.begin)
    edges = {edge for mark in marks for edge in (mark.begin, mark.end) if 0 < edge < length}
    open_marks: list[tuple[int, float, int]] = []
    opened = 0
    for begin, end in pairwise(sorted({0, length, *edges})):
        while opened < len(marks) and marks[opened].begin <= begin:
            mark = marks[opened]
            heappush(open_marks, (-_RISING.index(mark.kind), -mark.score, opened))
            opened += 1
        while open_marks and marks[open_marks[0][2]].end <= begin:
            heappop(open_marks)
        yield (marks[open_marks[0][2]] if open_marks else None, begin, end)


def _piece(text: str, run: list[tuple[Mark | None, int, int]]) -> Piece:
    mark, begin, _ = run[0]
    words = text[begin : run[-1][2]]
    return (
        Piece(mark.instead or words, mark.kind, mark.label, mark.category)
        if mark
        else Piece(words)
    )


@lru_cache(maxsize=MOST_LISTS)
def _word_list(words: tuple[str, ...]) -> WordList:
    return WordList(words, str.casefold)
