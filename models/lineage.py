"""Where a release comes from: digests of its data, its code and its weights.

Owns what makes two releases the same.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.classifier import CommentClassifier


def file_sha256(path: Path) -> str:
    """Return the SHA-256 digest of a file, of whatever size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def data_sha256(paths: Sequence[Path]) -> str:
    """Return a SHA-256 digest of the names and the contents of files, in this order."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + bytes.fromhex(file_sha256(path)))
    return digest.hexdigest()


def code_sha256() -> str:
    """Return a digest of the code that makes and runs classifiers."""
    return data_sha256(sorted(Path(__file__).parent.rglob("*.py")))


def weights_sha256(classifier: CommentClassifier) -> str:
    """Return a digest of all that was fitted: with the same, predictions are the same."""
    weights = classifier.coef_.astype(np.float16)  # as a release keeps them
    digest = hashlib.sha256(weights.tobytes() + classifier.intercept_.tobytes())
    for curves in (classifier.calibration_logits_, classifier.calibration_probabilities_):
        for curve in curves:
            digest.update(curve.tobytes())
    if classifier.pooled_ is not None:
        for array in classifier.pooled_.fitted():
            digest.update(array.tobytes())
    return digest.hexdigest()
