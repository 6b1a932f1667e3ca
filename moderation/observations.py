"""What a worker notes of each comment that it scored: names of figures of the day, pure.

Nothing is decided by them; they tell whether what comes in still is what came in before.
The names are `KIND|…`, see `docs/record.md`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

#: Where one range of scores ends and the next begins. Most scores are low: ranges of equal
#: width would have nearly all of them in the first.
SCORE_EDGES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
SCORE_RANGES = len(SCORE_EDGES) + 1
#: What stands for a language that cannot be told.
NO_LANGUAGE = "und"
SEEN, SCORE, LANGUAGE, WORDS = "seen", "score", "language", "words"
ALL_WORDS, UNKNOWN_WORDS = f"{WORDS}|all", f"{WORDS}|unknown"


@dataclass(slots=True)
class Observation:
    """A comment that was scored, without its text.

    Attributes:
        release: what scored it.
        scores: category → probability.
        language: what it is in, if that can be told.
        words: its words; 0 where the release does not tell which of them it knows.
        unknown_words: those of them that the release does not know.
    """

    release: str
    scores: Mapping[str, float]
    language: str | None
    words: int
    unknown_words: int


def note(tally: Counter[str], seen: Observation) -> None:
    """Adds a comment to the figures of its site and day."""
    tally[f"{SEEN}|{seen.release}"] += 1
    tally[f"{LANGUAGE}|{seen.language or NO_LANGUAGE}"] += 1
    for category, score in seen.scores.items():
        tally[_of_scores(category)[bisect_right(SCORE_EDGES, score)]] += 1
    if seen.words:
        tally[ALL_WORDS] += seen.words
        tally[UNKNOWN_WORDS] += seen.unknown_words


@cache
def _of_scores(category: str) -> list[str]:
    """The figure of each range of scores of a category."""
    return [f"{SCORE}|{category}|{at}" for at in range(SCORE_RANGES)]
