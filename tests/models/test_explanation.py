"""Spans point at the right words of the text as posted."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.explanation import WORD, word_contributions
from models.text import normalise

if TYPE_CHECKING:
    from models.release import Release


def _words(release: Release, text: str) -> list[str]:
    (spans,) = release.explain([text])
    return [text[span.begin : span.end] for span in spans]


@pytest.mark.parametrize(
    ("posted", "word"),
    [
        ("what a nitwit he is", "nitwit"),
        ("What a NITWIT!", "NITWIT"),
        ("You “nitwit”.", "nitwit"),
        ("😀😀 and 👩‍👧 nitwit 😀", "nitwit"),
        ("a\u200b\u200bn\u200bd n\u200bit\u200bwit ", "n\u200bit\u200bwit"),
        ("you n.i.t.w.i.t you", "n.i.t.w.i.t"),
        ("you n1twiiiit", "n1twiiiit"),
        ("ﬁne \u0301\u0301 you n\u0308itwit", "n\u0308itwit"),
        ("\ud800 you 你好 nitwit", "nitwit"),
    ],
)
def test_a_span_is_the_word_as_posted(tiny_release: Release, posted: str, word: str) -> None:
    assert word in _words(tiny_release, posted)


def test_a_harmless_text_has_no_spans(tiny_release: Release) -> None:
    assert tiny_release.explain(["a lovely garden", "", " "]) == [[], [], []]


def test_the_word_that_counts_most_has_the_highest_score(tiny_release: Release) -> None:
    posted = "what a nitwit he is"
    (spans,) = tiny_release.explain([posted])

    strongest = max(spans, key=lambda span: span.score)

    assert posted[strongest.begin : strongest.end] == "nitwit"
    assert strongest.category == "toxicity"
    assert all(0 < span.score <= 1 for span in spans)


def test_spans_of_a_category_are_in_order_and_apart(tiny_release: Release) -> None:
    (spans,) = tiny_release.explain(["nitwit nitwit, you nitwit-nitwit what a nitwit"])

    assert len(spans) >= 2
    assert all(before.end <= after.begin for before, after in pairwise(spans))


def test_words_of_which_none_is_missed_share_the_score(tiny_release: Release) -> None:
    text = "shut up you nitwit"
    vectoriser, classifier = tiny_release.vectoriser, deepcopy(tiny_release.classifier)
    words = list(WORD.finditer(text))
    reading = vectoriser.read([text])
    row = vectoriser.rows(reading)
    added = word_contributions(text, words, reading, row, classifier)[:, 0]
    (logit,) = classifier.decision_function(row)[:, 0]
    # Certain until nearly everything is taken away.
    step = logit - 0.9 * np.maximum(added, 0).sum()
    classifier.calibration_logits_[0] = np.array([step - 0.1, step])
    classifier.calibration_probabilities_[0] = np.array([0.0, 1.0])

    (spans,) = replace(tiny_release, classifier=classifier).explain([text])

    assert [text[span.begin : span.end] for span in spans if span.score > 0.2]
    assert sum(span.score for span in spans) <= 1 + 1e-6


@given(st.text(alphabet="nitw ü.😀\u200b", min_size=1, max_size=40))
def test_contributions_add_up_to_the_logit(tiny_release: Release, posted: str) -> None:
    text = normalise(posted)
    vectoriser, classifier = tiny_release.vectoriser, tiny_release.classifier
    words = list(WORD.finditer(text))
    reading = vectoriser.read([text])
    row = vectoriser.rows(reading)

    added = word_contributions(text, words, reading, row, classifier)

    logits = classifier.decision_function(row)[0]
    if words:
        assert np.allclose(added.sum(axis=0) + classifier.intercept_, logits, atol=1e-4)
