"""A short search of each target, and every case that once broke one."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.fuzz.drivers import CASES, mixture
from tests.fuzz.fragments import FRAGMENTS, SEEDS
from tests.fuzz.targets import TARGETS

#: `make fuzz` takes many times as many, and other ones.
INPUTS = 12


@pytest.mark.parametrize("name", TARGETS)
def test_what_holds_for_any_input_holds_for_some(name: str) -> None:
    chance = random.Random(name)
    TARGETS[name](b"")
    for _ in range(INPUTS):
        TARGETS[name](mixture(chance, [*FRAGMENTS, *SEEDS]))


@pytest.mark.parametrize("case", sorted(CASES.glob("*/*")), ids=lambda case: case.name)
def test_what_once_broke_a_target_breaks_it_no_more(case: Path) -> None:
    TARGETS[case.parent.name](case.read_bytes())
