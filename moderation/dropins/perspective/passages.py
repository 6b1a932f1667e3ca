"""What of a posted text is read, and where each part of it stands in what was posted.

Offsets count UTF-16 code units, as Perspective's do: "The values are the UTF-16 codepoint
range", https://commentanalyzer.googleapis.com/$discovery/rest?version=v1alpha1 (`SpanScore`).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import pairwise

from moderation.dropins.plain_text import BLOCK, UNSEEN

#: A text has no more spans; of one with more sentences, neighbours share a span.
MOST_SPANS = 100

#: The last character of the Basic Multilingual Plane: one beyond it is two code units.
_LAST_OF_BMP = "\uffff"

#: What ends a sentence, after the simplest rules of Unicode's annex 29: a mark before a gap, a
#: full-width mark, a line break. https://www.unicode.org/reports/tr29/#Sentence_Boundaries
_END = re.compile(r"""[.!?…؟۔।]+["'”’»)\]]*(?=\s)|[。！？｡]+[”’」』）]*|\n+|\Z""")
_ATTRIBUTE = r"""[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"?+|'[^']*+'?+|[^\s>"'][^\s>]*+)?+)?+"""
#: A comment, a tag, or what browsers drop besides, by https://html.spec.whatwg.org/#tokenization.
#: The standard library's parser takes seconds for 20 KB of opened tags, and fails on `<![`.
#: Here whatever began is taken to its end, or to the end of all, and never looked at again.
_MARKUP = re.compile(
    rf"<!--(?:-?>|.*?(?:--!?>|\Z))"
    rf"|<(?P<closes>/?)(?P<tag>[a-zA-Z][^\s/>]*+)(?:[\s/]++|{_ATTRIBUTE})*+>?+"
    rf"|<(?:[!?]|/(?!\Z))[^>]*+>?+",
    re.DOTALL,
)
#: What holds no markup, and what is a gap in it.
_RUN, _GAP = re.compile("[^<&]+"), re.compile(r"\s")
#: A character reference, as `html.unescape` finds them.
_REFERENCE = re.compile(r"&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)")

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
    return Passage(posted, posted, _one_by_one(0, len(posted)))


def read_html(posted: str) -> Passage:
    """HTML as a reader sees it: no tags, no code, entities resolved, a line for each block."""
    seen: list[str] = []
    places: list[Range] = []
    at = 0
    while at < len(posted):
        if run := _RUN.match(posted, at):
            # A line break in HTML is a gap like any other.
            text, end = _GAP.sub(" ", run[0]), run.end()
            places += _one_by_one(at, end)
        else:
            text, end = _markup(posted, at)
            places += [(at, end)] * len(text)
        seen.append(text)
        at = end
    return Passage("".join(seen), posted, places)


def _markup(posted: str, at: int) -> tuple[str, int]:
    """What a reader sees of the `<` or `&` at a place, and where the next thing stands."""
    if markup := _MARKUP.match(posted, at):
        tag = (markup["tag"] or "").lower()
        end = markup.end()
        if tag in UNSEEN and not markup["closes"]:
            code = re.compile(rf"</{tag}(?=[\s/>])", re.IGNORECASE).search(posted, end)
            end = code.start() if code else len(posted)
        return ("\n" if BLOCK.fullmatch(tag) else ""), end
    if reference := _REFERENCE.match(posted, at):
        text = unescape(reference[0])
        if text != reference[0]:
            return text, reference.end()
    return posted[at], at + 1


def _one_by_one(begin: int, end: int) -> list[Range]:
    return [(at, at + 1) for at in range(begin, end)]


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
