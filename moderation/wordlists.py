"""Word lists of a site: whole words and phrases, found through evasion, never inside others.

Matching walks the words of a text once, whatever the entries are, so its cost does not grow
with the length of the list: workers are shared by all sites. The caller brings the normaliser,
since that belongs to the classifier's release.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

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
        phrases: list[tuple[Sequence[str], str]] = []
        anywhere: list[tuple[Sequence[str], str]] = []
        for entry in entries:
            for form in {entry.casefold(), normalise(entry)}:
                if _SPACELESS.search(form):
                    anywhere.append((form, entry))
                elif phrase := _WORD.findall(form):
                    phrases.append((phrase, entry))
                elif sign := form.strip():
                    anywhere.append((sign, entry))  # an emoji
        self._phrases, self._anywhere = _Automaton(phrases), _Automaton(anywhere)

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
        """Where entries stand in a text in plain spelling: begin, end (code points), entry.

        No two of the same entry overlap; of those that end together, the longest.
        """
        if not self._phrases and not self._anywhere:
            return
        folded = [(char, at) for at, posted in enumerate(text) for char in posted.casefold()]
        joined = "".join(char for char, _ in folded)
        origins = [at for _, at in folded]
        ends: dict[str, int] = {}
        for begin, end, entry in self._places_in(joined):
            if begin >= ends.get(entry, 0):
                ends[entry] = end
                yield origins[begin], origins[end - 1] + 1, entry

    def _places_in(self, text: str) -> Iterator[tuple[int, int, str]]:
        yield from self._anywhere.places_in(text)
        words = list(_WORD.finditer(text))
        for first, last, entry in self._phrases.places_in([word[0] for word in words]):
            yield words[first].start(), words[last - 1].end(), entry

    def _find_in(self, text: str) -> Iterator[str]:
        if self._anywhere:
            yield from self._anywhere.entries_in(text)
        if self._phrases:
            yield from self._phrases.entries_in(_WORD.findall(text))


class _Automaton:
    """Finds all of many entries in one walk, each a sequence of parts: words, or characters.

    Alfred Aho and Margaret Corasick, "Efficient string matching: an aid to bibliographic
    search", 1975, https://doi.org/10.1145/360825.360855. A state is a beginning of an entry; 0
    is that of all. Where no entry goes on as the text does, `_shorter` is the longest state
    that the last parts are, too.
    """

    def __init__(self, entries: Iterable[tuple[Sequence[str], str]]) -> None:
        self._next: list[dict[str, int]] = [{}]
        self._entries: dict[int, tuple[int, str]] = {}
        for parts, entry in entries:
            self._entries[self._state_of(parts)] = len(parts), entry
        self._shorter = [0] * len(self._next)
        self._ending = [0] * len(self._next)
        self._link()

    def __bool__(self) -> bool:
        return bool(self._entries)

    def entries_in(self, parts: Sequence[str]) -> Iterator[str]:
        """The entries that stand among some parts, each once."""
        seen = {0}
        for _, state in self._endings(parts):
            while state not in seen:
                seen.add(state)
                yield self._entries[state][1]
                state = self._ending[self._shorter[state]]

    def places_in(self, parts: Sequence[str]) -> Iterator[tuple[int, int, str]]:
        """First part, one past the last, and entry; of those that end together the longest."""
        for end, state in self._endings(parts):
            length, entry = self._entries[state]
            yield end - length, end, entry

    def _endings(self, parts: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Where entries end, and the state of the longest that ends there."""
        if self._next[0].keys().isdisjoint(parts):
            return
        state = 0
        for end, part in enumerate(parts, start=1):
            state = self._step(state, part)
            if self._ending[state]:
                yield end, self._ending[state]

    def _step(self, state: int, part: str) -> int:
        while state and part not in self._next[state]:
            state = self._shorter[state]
        return self._next[state].get(part, 0)

    def _state_of(self, parts: Sequence[str]) -> int:
        state = 0
        for part in parts:
            if part not in self._next[state]:
                self._next[state][part] = len(self._next)
                self._next.append({})
            state = self._next[state][part]
        return state

    def _link(self) -> None:
        """Fills in `_shorter` and `_ending`, shorter states first: longer ones need theirs."""
        waiting = deque([0])
        while waiting:
            state = waiting.popleft()
            for part, longer in self._next[state].items():
                if state:
                    self._shorter[longer] = self._step(self._shorter[state], part)
                is_entry = longer in self._entries
                self._ending[longer] = (
                    longer if is_entry else self._ending[self._shorter[longer]]
                )
                waiting.append(longer)
