"""Which language a text in Latin letters is in: py3langid, cut to what they can reach.

Owns the statistics behind `models.language`. py3langid (BSD licence) is a naive Bayes
classifier over byte n-grams (Lui and Baldwin, "langid.py", ACL 2012). An automaton reads a text
byte by byte, and each state that it passes stands for an n-gram. Its tables for 140 languages
in all scripts take 70 MB, and it takes some 100 µs for a text. Only the states and languages
that matter for Latin letters are kept here (12 MB), and a batch is read as one.
"""

from __future__ import annotations

import lzma
import shutil
from dataclasses import dataclass
from functools import cache
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

import numpy as np
from py3langid.langid import MODEL_DIR, MODEL_FILE  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

#: The bytes that lower-case words in Latin letters consist of, in UTF-8; all others are read
#: as the space between two words.
ALPHABET = b" 'abcdefghijklmnopqrstuvwxyz\xe1" + bytes((*range(0xC3, 0xCA), *range(0x80, 0xC0)))

#: The languages that a text may be in (ISO 639-1): those in Latin script that much of the web
#: is written in. py3langid finds the others in slang, names and misspelt English.
LANGUAGES = frozenset(
    str.split(
        "az ca cs da de en es et fi fr hr hu id it lt lv ms nl no pl pt ro sk sl sq sv sw tl "
        "tr vi"
    )
)

#: The n-gram of a state in which none ends, here and in py3langid's tables.
NO_GRAM = 0
_NO_GRAM_THERE = -1

_SIGNS = bytes(max(ALPHABET.find(byte), 0) for byte in range(256))


@dataclass(frozen=True, eq=False)
class LatinLanguages:
    """The automaton and the weights of its n-grams. Nothing in it changes.

    `moves[offsets[state] + sign]` is the next state, `grams[state]` the n-gram that ends there
    (0 for none), `weights[gram]` its log-probability in each of `languages`.
    """

    languages: tuple[str, ...]
    moves: NDArray[np.uint16]
    offsets: NDArray[np.int32]
    grams: NDArray[np.int32]
    weights: NDArray[np.float32]
    prior: NDArray[np.float32]

    def probabilities(self, texts: Sequence[bytes]) -> NDArray[np.float32]:
        """Return the probability of each language, a row for each text.

        Args:
            texts: at least one; words in lower-case Latin letters, in UTF-8, and not empty.
        """
        width = max(map(len, texts))
        lengths = np.fromiter(map(len, texts), dtype=np.intp, count=len(texts))
        padded = b"".join(text.ljust(width) for text in texts)
        signs = np.frombuffer(padded.translate(_SIGNS), dtype=np.uint8)
        grams = self.grams.take(self._states(signs.reshape(len(texts), width)))
        grams[np.arange(width) >= lengths[:, None]] = NO_GRAM
        scores = self._sums(grams) + self.prior
        # py3langid's own temperature, which keeps probabilities honest at any length.
        scores /= np.sqrt(lengths, dtype=np.float32)[:, None]
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        probabilities: NDArray[np.float32] = scores / scores.sum(axis=1, keepdims=True)
        return probabilities

    def _states(self, signs: NDArray[np.uint8]) -> NDArray[np.uint16]:
        """Return the state after each sign, all texts a step at a time."""
        state = np.zeros(len(signs), dtype=np.uint16)
        passed = np.empty(signs.shape[::-1], dtype=np.uint16)
        for position, sign in enumerate(np.ascontiguousarray(signs.T)):
            state = self.moves.take(self.offsets.take(state) + sign)
            passed[position] = state
        return passed.T

    def _sums(self, grams: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return for each text the sum of its n-grams' weights, repeated ones damped."""
        kinds = len(self.weights)
        first_keys = np.arange(len(grams)) * kinds
        keys, counts = np.unique(first_keys[:, None] + grams, return_counts=True)
        parts = self.weights[keys % kinds] * np.log1p(counts.astype(np.float32))[:, None]
        sums: NDArray[np.float32] = np.add.reduceat(parts, np.searchsorted(keys, first_keys))
        return sums


@cache
def latin_languages() -> LatinLanguages:
    """Load py3langid's tables and cut them: half a second, once a process."""
    with TemporaryFile() as unpacked:
        # Not by py3langid's own reader, which holds all of it twice.
        with lzma.open(MODEL_DIR / MODEL_FILE) as packed:
            shutil.copyfileobj(packed, unpacked)
        unpacked.seek(0)
        with np.load(unpacked, allow_pickle=False) as tables:
            return _cut(tables)


def _cut(tables: Mapping[str, NDArray[Any]]) -> LatinLanguages:
    """Keep what the alphabet can reach, its states and n-grams numbered anew.

    Args:
        tables: as py3langid writes them: `nextmove`, rows of 256 next states; `nextmove_row`
            and `out_feat`, the row and the n-gram of each state; `ptc` and `pc`, the
            log-probabilities of n-grams in each of `classes`, and of these.
    """
    moves = tables["nextmove"].reshape(-1, 256)[:, list(ALPHABET)]
    rows = tables["nextmove_row"]
    states = _reachable(moves, rows)
    renumbered = np.zeros(len(rows), dtype=np.uint16)
    renumbered[states] = np.arange(len(states))
    rows_kept, row_of_state = np.unique(rows[states], return_inverse=True)
    grams_kept, gram_of_state = np.unique(
        np.append(_NO_GRAM_THERE, tables["out_feat"][states]), return_inverse=True
    )
    languages = tables["classes"].tolist()
    columns = [index for index, language in enumerate(languages) if language in LANGUAGES]
    weights = tables["ptc"][:, columns][grams_kept].astype(np.float32, order="C")
    weights[NO_GRAM] = 0
    return LatinLanguages(
        languages=tuple(languages[index] for index in columns),
        moves=renumbered[moves[rows_kept]].ravel(),
        offsets=(row_of_state * len(ALPHABET)).astype(np.int32),
        grams=gram_of_state[1:].astype(np.int32),
        weights=weights,
        prior=tables["pc"][columns],
    )


def _reachable(moves: NDArray[Any], rows: NDArray[Any]) -> NDArray[np.intp]:
    """Return the states that the alphabet can reach, in order."""
    seen = np.zeros(len(rows), dtype=bool)
    newly = np.zeros(1, dtype=np.intp)
    while len(newly):
        seen[newly] = True
        # A mark a state: `np.unique` takes a hundred times as long.
        reached = np.zeros_like(seen)
        reached[moves[rows[newly]]] = True
        newly = np.flatnonzero(reached & ~seen)
    return np.flatnonzero(seen)
