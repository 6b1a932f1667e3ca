"""Which comments training makes copies of, in memory that more comments do not fill.

Owns drawing comments and counting words while comments stream past. The tricks of the
copies themselves are in `augmentation` and `own_sentences`.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from typing import TYPE_CHECKING, Generic, TypeVar

from models.learning.augmentation import MIN_ABUSIVE_SHARE, MIN_COMMENTS, WORD

if TYPE_CHECKING:
    from collections.abc import Iterator

Payload = TypeVar("Payload")

#: Longer texts are not drawn: what is typical of them is in shorter ones too.
LONGEST_DRAWN_CHARACTERS = 2000

#: Longer words are not counted, nor are more different ones than this: before there are,
#: those met once are forgotten, then those met twice, …
LONGEST_WORD = 40
MOST_WORDS = 500_000


class Sample(Generic[Payload]):
    """At most `size` of the texts that are offered, each once, with what belongs to them.

    Which ones hangs on the texts and the seed alone, not on the order in which they come:
    those whose keyed digests are the lowest.
    """

    def __init__(self, size: int, *, seed: int) -> None:
        self._size = size
        self._key = seed.to_bytes(16, "little", signed=True)
        self._drawn: dict[int, tuple[str, Payload]] = {}
        self._highest_first: list[int] = []

    def offer(self, text: str, payload: Payload) -> None:
        """Draw a text, or not."""
        if len(text) > LONGEST_DRAWN_CHARACTERS:
            return
        digest = hashlib.blake2b(
            text.encode("utf-8", "surrogatepass"), digest_size=8, key=self._key
        )
        ticket = int.from_bytes(digest.digest(), "big")
        if ticket in self._drawn:
            return
        if len(self._drawn) < self._size:
            heapq.heappush(self._highest_first, -ticket)
        elif self._size and -ticket > self._highest_first[0]:
            del self._drawn[-heapq.heapreplace(self._highest_first, -ticket)]
        else:
            return
        self._drawn[ticket] = text, payload

    def __len__(self) -> int:
        """Return how many are drawn."""
        return len(self._drawn)

    def __iter__(self) -> Iterator[tuple[str, Payload]]:
        """Yield those drawn, in an order that hangs on nothing else either."""
        for ticket in sorted(self._drawn):
            yield self._drawn[ticket]


class WordCounts:
    """In how many comments a word is, and in how many abusive ones.

    Exact as long as there are fewer than MOST_WORDS different ones.
    """

    def __init__(self) -> None:
        self._everywhere: Counter[str] = Counter()
        self._abusive: Counter[str] = Counter()
        self._forgotten_below = 1

    def add(self, text: str, *, abusive: bool) -> None:
        """Count the words of a normalised text, each once."""
        words = {word for word in WORD.findall(text) if len(word) <= LONGEST_WORD}
        self._everywhere.update(words)
        if abusive:
            self._abusive.update(words)
        while len(self._everywhere) > MOST_WORDS:
            self._forgotten_below += 1
            self._forget()

    def typical(self) -> frozenset[str]:
        """Return the words that hardly occur but in abusive comments."""
        return frozenset(
            word
            for word, count in self._everywhere.items()
            if count >= MIN_COMMENTS and self._abusive[word] >= MIN_ABUSIVE_SHARE * count
        )

    def _forget(self) -> None:
        kept = [w for w, count in self._everywhere.items() if count >= self._forgotten_below]
        self._everywhere = Counter({word: self._everywhere[word] for word in kept})
        self._abusive = Counter({w: self._abusive[w] for w in kept if w in self._abusive})
