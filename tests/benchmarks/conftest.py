"""What several benchmarks' tests measure with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models import release_files as releases
from models.classifier import CommentClassifier
from models.features import HashedNgrams
from models.release import Release


@pytest.fixture
def small_release(tmp_path: Path) -> Path:
    """A release that learnt next to nothing and loads at once."""
    vectoriser = HashedNgrams(char_bits=8, word_bits=8)
    truth = np.array([[0.0], [1.0]])
    classifier = CommentClassifier(max_iter=5)
    classifier.fit(vectoriser.transform(["kind", "rude"]), truth)
    folder = tmp_path / "release"
    release = Release("tiny", ("toxicity",), {"toxicity": 0.9}, vectoriser, classifier)
    releases.save(folder, release, details={})
    return folder
