"""Word lists of a site: whole words and phrases, found through evasion, never inside others.

Matching walks the words of a text once, so its cost does not grow with the length of the
list. The caller brings the normaliser, since that belongs to the classifier's release.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

Words = tuple[str, ...]

_WORD = re.compile(r"[^\W_]+")
#: Scripts written without spaces between words: there an entry is found anywhere.
_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]"
)


class WordList:
    """Entries ready for matching.

    Args:
        entries: words and phrases as the site wrote them.
        normalise: the normaliser that was also used on the texts to match.
    """

    def __init__(self, entries: Iterable[str], normalise: Callable[[str], str]) -> None:
        self._phrases: dict[Words, str] = {}
        self._anywhere: dict[str, str] = {}
        for entry in entries:
            for form in {entry.casefold(), normalise(entry)}:
                self._add(form, entry)
        self._lengths = sorted({len(phrase) for phrase in self._phrases})

    def find(self, text: str, normalised: str) -> list[str]:
        """The entries that stand in a text, each once, in the list's own spelling.

        Args:
            text: the text as posted.
            normalised: the same text after the normaliser.
        """
        if not self._phrases and not self._anywhere:
            return []
        found = dict.fromkeys(self._find_in(text.casefold()))
        found |= dict.fromkeys(self._find_in(normalised))
        return list(found)

    def places(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where entries stand in a text in plain spelling: begin, end (code points), entry."""
        if not self._phrases and not self._anywhere:
            return
        folded = [(char, at) for at, posted in enumerate(text) for char in posted.casefold()]
        joined = "".join(char for char, _ in folded)
        origins = [at for _, at in folded]
        for begin, end, entry in self._places_in(joined):
            yield origins[begin], origins[end - 1] + 1, entry

    def _places_in(self, text: str) -> Iterator[tuple[int, int, str]]:
        for form, entry in self._anywhere.items():
            for found in re.finditer(re.escape(form), text):
                yield *found.span(), entry
        words = list(_WORD.finditer(text))
        for length in self._lengths:
            for run in zip(*(words[at:] for at in range(length)), strict=False):
                phrase = tuple(word[0] for word in run)
                if phrase in self._phrases:
                    yield run[0].start(), run[-1].end(), self._phrases[phrase]

    def _add(self, form: str, entry: str) -> None:
        if _SPACELESS.search(form):
            self._anywhere[form] = entry
        elif phrase := tuple(_WORD.findall(form)):
            self._phrases[phrase] = entry
        elif sign := form.strip():
            self._anywhere[sign] = entry  # an emoji

    def _find_in(self, text: str) -> Iterator[str]:
        for form, entry in self._anywhere.items():
            if form in text:
                yield entry
        if not self._phrases:
            return
        words = _WORD.findall(text)
        for length in self._lengths:
            for phrase in set(zip(*(words[at:] for at in range(length)), strict=False)):
                if phrase in self._phrases:
                    yield self._phrases[phrase]
