"""`moderation train` in a process of its own; the last line on stderr is its peak memory.

With MODERATION_TEST_SMALL_PARTS set, what is in memory at once is so little that even a
small file is many times as much.
"""

from __future__ import annotations

import os
import resource
import sys

from models import feature_store
from models.commands.train import train
from models.learning import candidate, training
from models.measuring import evaluation


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
