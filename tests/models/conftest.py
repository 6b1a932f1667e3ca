"""A release small enough to be fitted anew for each run of the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from models.categories import CATEGORIES
from models.classifier import CommentClassifier
from models.features import HashedNgrams
from models.release import Release
from models.release_files import save
from models.text import normalise

if TYPE_CHECKING:
    from pathlib import Path

HARMLESS = (
    "a lovely garden in the morning",
    "the council voted on the new bridge",
    "thank you for this report",
    "my train was late again today",
)
RUDE = (
    "you total nitwit",
    "what a nitwit he is",
    "only a nitwit writes this",
    "shut up nitwit",
)


@pytest.fixture(scope="session")
def tiny_release() -> Release:
    """A release that has learnt that `nitwit` is toxic, and nothing about spam."""
    texts = [normalise(text) for text in (*HARMLESS, *RUDE) for _ in range(5)]
    targets = np.full((len(texts), len(CATEGORIES)), np.nan)
    targets[:, 0] = np.repeat([0, 1], len(texts) // 2)
    vectoriser = HashedNgrams(char_bits=12, word_bits=12)
    classifier = CommentClassifier(plain_c=10, bayes_c=10)
    classifier.fit(vectoriser.transform(texts), targets)
    thresholds = dict.fromkeys(CATEGORIES, 0.6)
    return Release("test-1", CATEGORIES, thresholds, vectoriser, classifier)


@pytest.fixture
def release_folder(tmp_path: Path, tiny_release: Release) -> Path:
    folder = tmp_path / "release"
    save(folder, tiny_release, details={}, card="# A card\n")
    return folder
