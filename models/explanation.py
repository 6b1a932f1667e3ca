"""Which words of a comment raised its scores.

The classifier is linear in its features, so a category's logit is the sum of what each
n-gram adds to it. Owns how those sums are given back to the words in which the n-grams
lie, and from the normalised text to the text as posted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.features import Buffer
from models.text import normalise_with_offsets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from models.classifier import CommentClassifier
    from models.features import HashedNgrams
    from models.text import Normalised

#: A category is explained from this share of its threshold on.
NEAR_THRESHOLD = 0.8

#: How many words are named for each category, and the least that a word must add.
MAX_SPANS = 5
MIN_SPAN_SCORE = 0.02

#: Keeps a division by what no word adds from failing.
TINY = 1e-9

WORD = re.compile(r"\S+")

#: Quotes, brackets and stops around a word are no part of its span.
BORDER = re.compile(r"^[\W_]*(?=\w)|(?<=\w)[^\w@$*]+$")


@dataclass(frozen=True)
class Span:
    """A word that raised a category's score.

    `begin` and `end` are code points of the text as posted. `score`, in [0, 1], is by how
    much the probability drops when what the word adds to the logit is taken away. Where so
    many words say the same that none is missed, it is the word's share of the drop when all
    of them are taken away.
    """

    begin: int
    end: int
    category: str
    score: float


def explain(
    text: str,
    *,
    vectoriser: HashedNgrams,
    classifier: CommentClassifier,
    thresholds: Mapping[str, float],
) -> list[Span]:
    """Return the words of `text` that raised its near-threshold categories, in order.

    Spans of one category do not overlap.
    """
    tracked = normalise_with_offsets(text)
    rows = vectoriser.transform([tracked.text])
    logits = classifier.decision_function(rows)[0]
    probabilities = classifier.calibrate(logits)
    bars = np.array(list(thresholds.values()))
    if not np.any(probabilities >= NEAR_THRESHOLD * bars):
        return []
    words = list(WORD.finditer(tracked.text))
    added = word_contributions(tracked.text, words, vectoriser, classifier)
    drops = _drops(logits, added, classifier)
    spans: list[Span] = []
    for column, category in enumerate(thresholds):
        if probabilities[column] >= NEAR_THRESHOLD * bars[column]:
            for word in _strongest(drops[:, column]):
                begin, end = _place(words[word], tracked)
                spans.append(Span(begin, end, category, float(drops[word, column])))
    return sorted(spans, key=lambda span: (span.begin, span.category))


def word_contributions(
    text: str,
    words: list[re.Match[str]],
    vectoriser: HashedNgrams,
    classifier: CommentClassifier,
) -> NDArray[np.float64]:
    """Return what each word of a normalised text adds to the logits.

    A feature that occurs several times, or lies across several words, is shared out evenly
    among them: with the intercept, the rows add up to the logits.

    Returns:
        float64 of shape (len(words), number of categories).
    """
    buffer = Buffer.of([text])
    row = vectoriser.transform([text])
    added = np.zeros((len(words), len(classifier.intercept_)))
    if not words:
        return added
    begins = np.array(list(_byte_begins(text, words)))
    found = list(vectoriser.occurrences(buffer))
    columns = np.concatenate([each.columns for each in found])
    first = (
        np.searchsorted(begins, np.concatenate([each.begins for each in found]) + 1, "right")
        - 1
    )
    last = (
        np.searchsorted(begins, np.concatenate([each.ends for each in found]) - 1, "right") - 1
    )
    times = np.bincount(columns, minlength=vectoriser.n_columns)[columns]
    values = row.data[np.searchsorted(row.indices, columns)] / times / (last - first + 1)
    weights = values[:, None] * classifier.coef_[columns].astype(np.float64)
    for offset in range(int((last - first).max()) + 1):
        reaches = first + offset <= last
        np.add.at(added, first[reaches] + offset, weights[reaches])
    return added


def _byte_begins(text: str, words: list[re.Match[str]]) -> Iterator[int]:
    """Yield where each word begins in the buffer of bytes, whose first is a space."""
    place, characters = 1, 0
    for word in words:
        place += len(text[characters : word.start()].encode())
        characters = word.start()
        yield place


def _drops(
    logits: NDArray[np.float64], added: NDArray[np.float64], classifier: CommentClassifier
) -> NDArray[np.float64]:
    """Return by how much each word raised each probability; see `Span.score`."""
    probabilities = classifier.calibrate(logits)
    alone = probabilities - classifier.calibrate(logits - added)
    raised = np.maximum(added, 0)
    in_all = raised.sum(axis=0)
    together = probabilities - classifier.calibrate(logits - in_all)
    shares = raised / np.maximum(in_all, TINY)
    missed = alone.max(axis=0, initial=0) >= MIN_SPAN_SCORE
    return np.where(missed, alone, together * shares)


def _strongest(drops: NDArray[Any]) -> list[int]:
    order = np.argsort(-drops, kind="stable")[:MAX_SPANS]
    return [int(word) for word in order if drops[word] >= MIN_SPAN_SCORE]


def _place(word: re.Match[str], tracked: Normalised) -> tuple[int, int]:
    """Return where a word of the normalised text stands in the text as posted."""
    begin, end = word.span()
    for border in BORDER.finditer(word[0]):
        if border.start() == 0:
            begin = word.start() + border.end()
        else:
            end = word.start() + border.start()
    return min(tracked.begins[begin:end]), max(tracked.ends[begin:end])
