"""What finds inputs for a target: guided by coverage where atheris is there, by chance else.

Both run in this process until the time is up and then end it: atheris knows no other end. It
is no dependency, since it has no wheels for some machines; `pip install atheris` adds it.
"""

from __future__ import annotations

import importlib
import importlib.util
import random
import sys
import time
import traceback
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

from tests.fuzz.fragments import FRAGMENTS, SEEDS

CASES = Path(__file__).parent / "cases"
TARGETS_MODULE = "tests.fuzz.targets"
#: Inputs are no longer: what breaks a reader breaks it in a small space.
MOST_BYTES = 4_096
#: An input that takes longer is reported as one that hangs; far above what any takes.
HANG_S = 20
MOST_FRAGMENTS = 60


def is_guided() -> bool:
    """Whether coverage can guide the search."""
    return importlib.util.find_spec("atheris") is not None


def run_guided(name: str, seconds: int, found: Path) -> NoReturn:
    """Lets atheris search; what it finds is written to the folder `found`, by what it is.

    libFuzzer tells of each crash on stderr and of the number of executions at the end.
    """
    import atheris

    with atheris.instrument_imports(include=["models", "moderation", "tests.fuzz"]):
        targets = importlib.import_module(TARGETS_MODULE)
    corpus = found / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate((*SEEDS, *_cases(name))):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={MOST_BYTES}",
        f"-timeout={HANG_S}",
        f"-artifact_prefix={found}/",
        "-print_final_stats=1",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], targets.TARGETS[name])
    atheris.Fuzz()
    sys.exit(0)


def run_blind(name: str, seconds: int, found: Path) -> NoReturn:
    """Joins fragments, seeds and kept cases by chance; ends at the first that breaks."""
    function = importlib.import_module(TARGETS_MODULE).TARGETS[name]
    chance, executions = random.Random(0), 0
    pool = [*FRAGMENTS, *SEEDS, *_cases(name)]
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        data = mixture(chance, pool)
        executions += 1
        try:
            function(data)
        except Exception:
            traceback.print_exc()
            found.mkdir(parents=True, exist_ok=True)
            (found / f"crash-{sha256(data).hexdigest()[:16]}").write_bytes(data)
            break
    sys.stderr.write(f"stat::number_of_executed_units: {executions}\n")
    sys.exit(time.monotonic() < ends_at)


def mixture(chance: random.Random, pool: list[bytes]) -> bytes:
    """Some of a pool in a row, some of them many times, some bytes of it changed."""
    parts = [
        chance.choice(pool) * chance.choice((1, 1, 1, 2, 3, 40))
        for _ in range(chance.randint(1, MOST_FRAGMENTS))
    ]
    data = bytearray(b"".join(parts)[:MOST_BYTES])
    for _ in range(chance.choice((0, 0, 1, 5))):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def _cases(name: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((CASES / name).glob("*"))]
