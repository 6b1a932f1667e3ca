"""`moderation train` in a process of its own; the last line on stderr is its peak memory.

With MODERATION_TEST_SMALL_PARTS set, what is in memory at once is so little that even a
small file is many times as much.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from models import feature_store
from models.commands.train import train
from models.learning import candidate, training
from models.measuring import evaluation

ROOT = Path(__file__).parents[2]


def train_in_a_process(
    arguments: Sequence[object], **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs this module with what is typed behind `moderation train`."""
    return subprocess.run(
        [sys.executable, "-m", "tests.models.train_in_a_process", *map(str, arguments)],
        env={**os.environ, **environment},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )


def _take_small_parts() -> None:
    evaluation.CHUNK_SIZE = training.CHUNK_SIZE = 256
    feature_store.VALUES_A_PART = 200_000
    training.DISGUISE_CANDIDATES = candidate.LANGUAGE_SAMPLE = 200
    training.CALIBRATION_ROWS = 500


if __name__ == "__main__":
    if "MODERATION_TEST_SMALL_PARTS" in os.environ:
        _take_small_parts()
    train(standalone_mode=False)
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(peak_bytes, file=sys.stderr)  # noqa: T201
