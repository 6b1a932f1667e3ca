"""What of a posted text is read, and where each part of it stands in what was posted.

Offsets count UTF-16 code units, as Perspective's do: "The values are the UTF-16 codepoint
range", https://commentanalyzer.googleapis.com/$discovery/rest?version=v1alpha1 (`SpanScore`).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from moderation.dropins.plain_text import Piece, pieces

#: A text has no more spans; of one with more sentences, neighbours share a span.
MOST_SPANS = 100

#: The last character of the Basic Multilingual Plane: one beyond it is two code units.
_LAST_OF_BMP = "\uffff"

#: What ends a sentence, after the simplest rules of Unicode's annex 29: a mark before a gap, a
#: full-width mark, a line break. https://www.unicode.org/reports/tr29/#Sentence_Boundaries
_MARKS = ".!?…؟۔।"
_END = re.compile(
    rf"""(?<![{_MARKS}])[{_MARKS}]++["'”’»)\]]*+(?=\s)|[。！？｡]+[”’」』）]*|\n+|\Z"""
)

#: First and one past the last, in some unit.
Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Passage:
    """A text as it is read.

    Attributes:
        text: what is scored.
        posted: what it was made from.
        places: for each character of `text` where it stands in `posted`, in code points.
    """

    text: str
    posted: str
    places: Sequence[Range]

    def sentences(self) -> list[tuple[str, Range]]:
        """Each sentence and its place in what was posted, in UTF-16 code units."""
        found = [
            (self.text[begin:end], (self.places[begin][0], self.places[end - 1][1]))
            for begin, end in _joined(list(_sentences(self.text)))
        ]
        beyond = [at for at, char in enumerate(self.posted) if char > _LAST_OF_BMP]
        return [
            (text, (begin + bisect_left(beyond, begin), end + bisect_left(beyond, end)))
            for text, (begin, end) in found
        ]

    def whole(self) -> Range:
        """The place of all that was posted, in UTF-16 code units."""
        return 0, len(self.posted) + sum(char > _LAST_OF_BMP for char in self.posted)


def read_plain(posted: str) -> Passage:
    """A plain text: all of it is read."""
    return _joined_up(posted, [Piece(posted, 0, len(posted), is_as_posted=True)])


def read_html(posted: str) -> Passage:
    """HTML as a reader sees it; what is made of markup has the place of all of that."""
    return _joined_up(posted, pieces(posted))


def _joined_up(posted: str, read: Iterable[Piece]) -> Passage:
    """Pieces put together, without NULs, which nobody sees."""
    seen: list[str] = []
    places: list[Range] = []
    for piece in read:
        for at, char in enumerate(piece.text, piece.begin):
            if char != "\0":
                seen.append(char)
                places.append((at, at + 1) if piece.is_as_posted else (piece.begin, piece.end))
    return Passage("".join(seen), posted, places)


def _sentences(text: str) -> Iterator[Range]:
    """The sentences of a text, without the gaps around them, in code points."""
    for begin, end in pairwise([0, *(found.end() for found in _END.finditer(text))]):
        sentence = text[begin:end]
        if stripped := sentence.strip():
            first = begin + sentence.index(stripped)
            yield first, first + len(stripped)


def _joined(ranges: Sequence[Range]) -> list[Range]:
    """Neighbours put together, so that no more than `MOST_SPANS` are left."""
    size = -(-len(ranges) // MOST_SPANS) or 1
    runs = [ranges[first : first + size] for first in range(0, len(ranges), size)]
    return [(run[0][0], run[-1][1]) for run in runs]
