"""Sentences of our own writing: complete, reproducible, and apart from those we test with."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

from models.categories import CATEGORIES, SPAM
from models.features import HashedNgrams
from models.learning import own_sentences, training
from models.learning.own_sentences import LESSONS, LINK, made_up_link, sentences, with_link
from models.text import normalise
from tests.models.test_shipped_release import HARMLESS, HELD

NOTHING_KEPT_BACK = training.Split(report=frozenset(), calibration=frozenset())


def _all_sentences() -> list[str]:
    rng = random.Random(3)
    return [
        sentence
        for lesson in LESSONS
        for sentence in sentences(lesson.templates, rng, count=lesson.count)
    ]


def test_no_slot_is_left_open() -> None:
    assert not [text for text in _all_sentences() if "{" in text or "}" in text]


def test_every_template_is_used_equally_often() -> None:
    made = Counter(sentences(("a", "b", "c"), random.Random(1), count=12))

    assert made == {"a": 4, "b": 4, "c": 4}


def test_the_same_seed_makes_the_same_sentences() -> None:
    assert _all_sentences() == _all_sentences()


def test_the_release_is_not_tested_on_what_it_was_taught() -> None:
    taught = {normalise(text).strip(" .!?") for text in _all_sentences()}

    assert not [text for text in (*HARMLESS, *HELD) if normalise(text).strip(" .!?") in taught]


def test_links_lead_to_hosts_reserved_for_examples() -> None:
    rng = random.Random(4)

    for _ in range(500):
        link = made_up_link(rng)
        host = urlsplit(link if "//" in link else f"//{link}").netloc
        assert host.split(".")[-1] == "example" or host.split(".")[-2] == "example", link


@pytest.mark.parametrize(
    "text", ["see http://a.test/b for more", "win now www.a.test", "no link in this"]
)
def test_a_copy_has_a_made_up_link_for_its_own_or_one_more(text: str) -> None:
    copy = with_link(text, random.Random(5))

    assert len(LINK.findall(copy)) == 1
    assert "example" in copy
    assert "a.test" not in copy


def test_linked_copies_teach_the_spam_head_alone(tmp_path: Path) -> None:
    rows = training.TrainingSet(
        tmp_path, HashedNgrams(char_bits=10, word_bits=10), split=NOTHING_KEPT_BACK, seed=6
    )
    weight = np.ones(len(CATEGORIES), np.float32)
    for text, label in (("buy it", 1), ("a lovely garden", 0)):
        rows.add(text, training.target_of({SPAM: label, "toxicity": 0}), weight)
    added: list[tuple[str, np.ndarray]] = []
    rows.fitting.add = lambda text, target, _weight: added.append((text, target))

    rows.add_linked_copies()

    copied = [target for _, target in added]
    assert [target[training.SPAM_COLUMN] for target in copied] == [0, 1]
    assert np.isnan(np.array(copied)[:, training.TOXICITY_COLUMN]).all()
    assert all(LINK.search(text) for text, _ in added)


def test_every_slot_is_used() -> None:
    used = {
        slot
        for lesson in LESSONS
        for template in lesson.templates
        for slot in own_sentences.SLOT.findall(template)
    }

    assert used == set(own_sentences.SLOTS)
