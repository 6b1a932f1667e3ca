"""A release in service: texts in; scores, languages, kinds and explanations out.

Its files are the business of `release_files`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING

from models import explanation
from models.explanation import Span
from models.kinds import kinds
from models.language import detect
from models.screening import normalise_all

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scipy.sparse import csr_matrix

    from models.classifier import CommentClassifier
    from models.features import HashedNgrams
    from models.reading import Reading

#: The languages of the first releases, whose manifests do not name any (ISO 639-1).
FIRST_LANGUAGES = ("en", "de", "pt")

#: How many comments are scored at once: more are scored in parts, in bounded memory.
BATCH_SIZE = 256


@dataclass(frozen=True)
class Scored:
    """What the classifier says of one text.

    `scores`: category -> calibrated probability in [0, 1]. `normalised`: the text with
    evasion undone, on which word lists are matched. `language`: what the text is written in
    (ISO 639-1), `None` where that cannot be told. `words`: how many words it has, and
    `unknown_words`: how many of them have no column of their own; both 0 if no word has one.
    """

    scores: dict[str, float]
    normalised: str
    language: str | None = None
    words: int = 0
    unknown_words: int = 0


@dataclass(frozen=True)
class Texts:
    """Texts that were read once, for every release that reads them alike.

    `rows`: their features, shape (n_texts, n_columns).
    """

    posted: Sequence[str]
    normalised: Sequence[str]
    reading: Reading
    rows: csr_matrix


@dataclass(frozen=True)
class Release:
    """A loaded release. Safe to use from several threads: nothing in it changes.

    A comment should be held when any score is at or above its threshold, or when it is in a
    language that is not one of `languages`: then its scores mean little.
    """

    version: str
    categories: tuple[str, ...]
    thresholds: Mapping[str, float]
    vectoriser: HashedNgrams
    classifier: CommentClassifier
    languages: tuple[str, ...] = FIRST_LANGUAGES

    def score(self, texts: Sequence[str]) -> list[Scored]:
        """Score texts as posted, in order, and say what language they are in."""
        scored: list[Scored] = []
        for first in range(0, len(texts), BATCH_SIZE):
            scored += self.score_read(self.read(texts[first : first + BATCH_SIZE]))
        return scored

    def read(self, texts: Sequence[str]) -> Texts:
        """Find what there is in texts as posted: nearly all of the work of scoring them."""
        normalised = normalise_all(texts)
        reading = self.vectoriser.read(normalised)
        return Texts(texts, normalised, reading, self.vectoriser.rows(reading))

    def score_read(self, texts: Texts) -> list[Scored]:
        """Score texts that this release has read, or one that `reads_like` it."""
        logits = self.classifier.judge(texts.rows, texts.reading)
        rows = self.classifier.calibrate(logits)
        scores = [dict(zip(self.categories, row, strict=True)) for row in rows.tolist()]
        languages = detect(texts.posted, texts.normalised, known=self.languages)
        counts = self.vectoriser.unknown_words(texts.reading)
        words, unknown = [one.tolist() for one in counts] if counts else [repeat(0)] * 2
        return list(map(Scored, scores, texts.normalised, languages, words, unknown))

    def kinds(self, scored: Sequence[Scored]) -> list[str]:
        """Return what kind of comment each is; those that resemble each other share one."""
        heads = [
            self.categories.index(max(one.scores, key=one.scores.__getitem__)) for one in scored
        ]
        return kinds(
            [one.normalised for one in scored],
            heads,
            vectoriser=self.vectoriser,
            classifier=self.classifier,
        )

    def reads_like(self, other: Release) -> bool:
        """Say whether another release finds the same features in the same columns."""
        return self.vectoriser.finds_the_same_as(other.vectoriser)

    def explain(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return for each text the words that brought a category near or over its threshold.

        Offsets are code points of the text as posted. Harmless texts have no spans. Slower
        than scoring: for texts that are held.
        """
        thresholds = [self.thresholds[category] for category in self.categories]
        return [
            explanation.explain(
                text,
                vectoriser=self.vectoriser,
                classifier=self.classifier,
                thresholds=dict(zip(self.categories, thresholds, strict=True)),
            )
            for text in texts
        ]

    def knows(self, language: str | None) -> bool:
        """Say whether texts of this language can be scored; true where it cannot be told."""
        return language is None or language in self.languages

    def would_hold(self, scored: Scored) -> bool:
        """Say whether a text should be held, for its scores or for its language."""
        return self.holds(scored.scores) or not self.knows(scored.language)

    def holds(self, scores: Mapping[str, float]) -> bool:
        """Say whether any score is at or above its threshold."""
        return any(scores[category] >= bar for category, bar in self.thresholds.items())
