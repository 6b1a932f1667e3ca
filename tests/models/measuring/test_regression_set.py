"""The regression set: of our own making, untaught, and measured by kind."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from dataclasses import replace

import pytest

from models.categories import CATEGORIES, LABEL
from models.learning.own_sentences import LESSONS, SLOT, SLOTS, Filling, sentences
from models.measuring.regression_set import (
    ALL,
    FILE,
    KINDS,
    RegressionExample,
    examples,
    fingerprint,
    measure_regression,
)
from models.release import Release
from models.release_files import load, shipped
from models.text import normalise

#: What may fill a slot that is no list of words.
ANY_FEW_WORDS = r"\S+(?: \S+){0,3}"

KEYS = {"text", "kind", LABEL, *CATEGORIES}


def _bare(text: str) -> str:
    """A text without signs, for comparing sentences."""
    return " ".join(re.findall(r"[^\W_]+", normalise(text)))


def test_every_kind_is_there_with_enough_sentences() -> None:
    counts = Counter(one.kind for one in examples())

    assert set(counts) == set(KINDS)
    assert min(counts.values()) >= 40
    assert 400 <= counts.total() <= 600


@pytest.mark.parametrize("kind", ["evasive", "identity", "spam", "counter", "languages"])
def test_kinds_that_can_be_ranked_have_both_labels(kind: str) -> None:
    labels = Counter(one.labels[LABEL] for one in examples() if one.kind == kind)

    assert min(labels[0], labels[1]) >= 15


def test_every_line_says_what_it_is() -> None:
    rows = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]

    assert all(row.keys() <= KEYS and {"text", "kind", LABEL} <= row.keys() for row in rows)
    assert all(
        row[name] in (0, 1) for row in rows for name in row.keys() & KEYS - {"text", "kind"}
    )
    assert all(row["text"].strip() and len(row["text"]) < 200 for row in rows)


def test_no_sentence_is_there_twice() -> None:
    bare = Counter(normalise(one.text) for one in examples())

    assert not [text for text, times in bare.items() if times > 1]


def test_no_sentence_is_one_that_releases_are_taught() -> None:
    rng = random.Random(1)
    taught = {
        _bare(text)
        for lesson in LESSONS
        for text in sentences(lesson.templates, rng, count=lesson.count)
    }

    assert not [one.text for one in examples() if _bare(one.text) in taught]


def test_no_sentence_can_be_made_from_a_template_that_is_taught() -> None:
    templates = {template for lesson in LESSONS for template in lesson.templates}
    # `{link}` and the like alone would match anything.
    patterns = [_pattern(one) for one in templates if len(SLOT.sub("", one)) > 3]

    found = [
        one.text
        for one in examples()
        if any(pattern.fullmatch(one.text) for pattern in patterns)
    ]

    assert not found


def _pattern(template: str) -> re.Pattern[str]:
    parts = SLOT.split(template)
    for place in range(1, len(parts), 2):
        slot = SLOTS[parts[place]]
        choices = map(re.escape, slot.choices) if isinstance(slot, Filling) else [ANY_FEW_WORDS]
        parts[place] = f"(?:{'|'.join(choices)})"
    for place in range(0, len(parts), 2):
        parts[place] = re.escape(parts[place])
    return re.compile("".join(parts), re.IGNORECASE)


def test_a_template_would_be_recognised() -> None:
    pattern = _pattern("I {hate} {them}{end}")

    assert pattern.fullmatch("i despise old people!")
    assert not pattern.fullmatch("I like old people!")


def test_the_fingerprint_is_that_of_sentences_and_labels() -> None:
    some = examples()
    turned = (replace(some[0], labels={LABEL: 1 - some[0].labels[LABEL]}), *some[1:])

    assert fingerprint(some) == fingerprint(list(some))
    assert len({fingerprint(some), fingerprint(turned), fingerprint(some[1:])}) == 3


def test_kinds_are_measured_at_the_releases_own_thresholds(tiny_release: Release) -> None:
    # Given a release that knows one rude word
    some = [
        RegressionExample("you total nitwit", "counter", {LABEL: 1, "toxicity": 1}),
        RegressionExample("nitwit is a word", "counter", {LABEL: 0, "toxicity": 0}),
        RegressionExample("shut up nitwit", "hostile", {LABEL: 1, "toxicity": 1}),
        RegressionExample("a lovely bridge", "harmless", {LABEL: 0, "toxicity": 0}),
    ]

    report = measure_regression(tiny_release, some)

    assert list(report.kinds) == ["harmless", "hostile", "counter", ALL]
    harmless, counter, everything = (
        report.kinds[name] for name in ("harmless", "counter", ALL)
    )
    assert harmless.misses is None
    assert harmless.roc_auc is None
    assert counter.false_holds is not None
    assert (counter.rows, counter.false_holds.value) == (2, 1)
    assert everything.right.value == 0.75
    assert report.categories["toxicity"].rows == 4


def test_the_report_is_plain_json_without_a_text(tiny_release: Release) -> None:
    report = measure_regression(tiny_release, examples())

    told = json.dumps(report.as_dict(), allow_nan=False, ensure_ascii=False)

    assert json.loads(told)["fingerprint"] == fingerprint(examples())
    assert not [one.text for one in examples() if one.text in told]


def test_the_shipped_release_stands_its_own_regression_set() -> None:
    report = measure_regression(load(shipped()), examples())

    harmless, everything = report.kinds["harmless"], report.kinds[ALL]
    assert harmless.false_holds is not None
    assert harmless.false_holds.value <= 0.02
    assert (everything.roc_auc or 0) > 0.9
    assert everything.right.value > 0.8
