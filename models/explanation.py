"""Which words of a comment raised its scores.

The classifier is linear in its features, so a category's linear logit is the sum of what
each n-gram adds to it. Owns how those sums are given back to the words in which the n-grams
lie, and from the normalised text to the text as posted. Where a network stands behind a
head, it is asked again without the words that add most.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.pooling import WordSums
from models.text import normalise_with_offsets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from models.classifier import CommentClassifier
    from models.features import HashedNgrams
    from models.reading import Reading
    from models.text import Normalised

#: A category is explained from this share of its threshold on.
NEAR_THRESHOLD = 0.8

#: How many words are named for each category, and the least that a word must add.
MAX_SPANS = 5
MIN_SPAN_SCORE = 0.02

#: How many words a network is asked about.
MOST_TRIED = 12

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
    reading = vectoriser.read([tracked.text])
    rows = vectoriser.rows(reading)
    probabilities = classifier.calibrate(classifier.judge(rows, reading))[0]
    bars = np.array(list(thresholds.values()))
    if not np.any(probabilities >= NEAR_THRESHOLD * bars):
        return []
    words = list(WORD.finditer(tracked.text))
    added = word_contributions(tracked.text, words, reading, rows, classifier)
    drops = _drops(classifier.decision_function(rows)[0], added, classifier)
    if (network := classifier.pooled_) is not None:
        head = network.head
        without = _without_words(reading, added[:, head], classifier)
        drops[:, head] = _shared(probabilities[head] - without, added[:, head])
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
    reading: Reading,
    row: csr_matrix,
    classifier: CommentClassifier,
) -> NDArray[np.float64]:
    """Return what each word of a normalised text adds to the logits.

    A feature that occurs several times, or lies across several words, is shared out evenly
    among them: with the intercept, the rows add up to the logits.

    Args:
        text: what was read.
        words: those of it to tell apart.
        reading: where its features are.
        row: its features, a single row.
        classifier: what weighs them.

    Returns:
        float64 of shape (len(words), number of categories).
    """
    added = np.zeros((len(words), len(classifier.intercept_)))
    if not words:
        return added
    begins = np.array(list(_byte_begins(text, words)))
    found = reading.occurrences
    columns = np.concatenate([each.columns for each in found])
    first = (
        np.searchsorted(begins, np.concatenate([each.begins for each in found]) + 1, "right")
        - 1
    )
    last = (
        np.searchsorted(begins, np.concatenate([each.ends for each in found]) - 1, "right") - 1
    )
    features, places, times = np.unique(columns, return_inverse=True, return_counts=True)
    values = (row.data[np.searchsorted(row.indices, features)] / times)[places]
    values /= last - first + 1
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
    """Return by how much each word raised each linear head's probability; see `Span.score`."""
    raised = np.maximum(added, 0)
    lacking = np.concatenate((logits - added, [logits - raised.sum(axis=0)]))
    lower = classifier.calibrate(logits) - classifier.calibrate(lacking)
    return np.stack(
        [_shared(lower[:, head], added[:, head]) for head in range(len(logits))], axis=1
    )


def _without_words(
    reading: Reading, added: NDArray[np.float64], classifier: CommentClassifier
) -> NDArray[np.float64]:
    """Return the probabilities of the network's head without each word, and without all.

    Only the words that add most are taken away one by one; "all" are those that add
    anything.

    Args:
        reading: one text.
        added: what each word adds to the head's linear logit, shape (words,).
        classifier: one with a network.
    """
    network = classifier.pooled_
    assert network is not None
    tried = np.argsort(-added, kind="stable")[:MOST_TRIED]
    lacking = np.zeros((len(tried) + 1, len(added)), dtype=bool)
    lacking[np.arange(len(tried)), tried] = True
    lacking[-1] = added > 0
    sums = WordSums.of(reading, classifier.head_weights(network.head)).without(lacking)
    left = classifier.intercept_[network.head] + added.sum() - lacking @ added
    logits = np.tile(classifier.intercept_, (len(lacking), 1))
    logits[:, network.head] = network.decision_function(sums.features(left))
    found = classifier.calibrate(logits)[:, network.head]
    probabilities = np.full(len(added) + 1, np.inf)
    probabilities[tried] = found[:-1]
    probabilities[-1] = found[-1]
    return probabilities


def _shared(lower: NDArray[np.float64], added: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each word's score from how much lower it is without it; see `Span.score`.

    Args:
        lower: shape (words + 1,): without each word, and at last without all that add.
        added: what each word adds to the linear logit, shape (words,).
    """
    if lower[:-1].max(initial=0) >= MIN_SPAN_SCORE:
        return lower[:-1]
    raised = np.maximum(added, 0)
    return np.asarray(lower[-1] * raised / max(raised.sum(), TINY))


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
