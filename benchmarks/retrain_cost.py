"""What training costs: seconds and memory of a process that learns many labels.

`python -m benchmarks.retrain_cost FILE` is that process: it prints both as JSON.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

KIBIBYTE = 1024
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock and of processor time, and the most megabytes held at once."""

    seconds: float
    processor_seconds: float
    megabytes: float


def cost(file: Path) -> Cost:
    """The cost of learning a file on top of the shipped release, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.retrain_cost", str(file)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Cost(**json.loads(done.stdout))


def main() -> None:
    """Learn the file that is named, and print what it took."""
    from benchmarks.retrain_trials import SEED, unwatched
    from models.learning import candidate
    from models.learning.candidate import Order
    from models.release_files import load, shipped

    began = time.monotonic()
    with TemporaryDirectory() as folder:
        order = Order((Path(sys.argv[1]),), load(shipped()), SEED)
        candidate.train(order, unwatched, scratch=Path(folder))
    used = resource.getrusage(resource.RUSAGE_SELF)
    told = Cost(
        time.monotonic() - began,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss * KIBIBYTE / MEGABYTE,
    )
    sys.stdout.write(json.dumps(vars(told)) + "\n")


if __name__ == "__main__":
    main()
