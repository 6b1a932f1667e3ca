"""A short run of the state machine; `make state-machine` is the long one."""

from __future__ import annotations

from functools import cache

import pytest
from flask import Flask
from hypothesis import Phase
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import run_state_machine_as_test

from moderation.record import queue, scripts
from tests.statemachine.machine import CLAIM_IDLE_MS, machine

EXAMPLES, STEPS = 8, 30
#: What a script is to do → where it says so.
BROKEN = {
    "decide only what nobody else has decided": (
        "if revision ~= current + 1 then",
        "if revision < 1 then",
    ),
    "take an erased comment off the list of its author": (
        "redis.call('ZREM', K.author(site, author), comment)",
        "",
    ),
}


@pytest.fixture(autouse=True)
def quick_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a worker has had for an instant is up for others."""
    monkeypatch.setattr(queue, "CLAIM_IDLE_MS", CLAIM_IDLE_MS)


def run(redis_url: str, routed: Flask) -> None:
    run_state_machine_as_test(
        machine(redis_url, routed),
        settings=hypothesis_settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=True,
            database=None,
            phases=(Phase.generate,),
        ),
    )


def test_whatever_is_done_and_wherever_it_dies_the_record_says_what_the_model_says(
    redis_url: str, routed: Flask
):
    run(redis_url, routed)


@pytest.mark.parametrize("promise", BROKEN)
def test_a_script_that_breaks_a_promise_is_found_out(
    redis_url: str, routed: Flask, monkeypatch: pytest.MonkeyPatch, promise: str
):
    # Given
    right, wrong = BROKEN[promise]
    read = scripts._file
    assert any(right in read(name) for name in ("library", "erase"))
    monkeypatch.setattr(scripts, "_file", cache(lambda name: read(name).replace(right, wrong)))

    # Then
    with pytest.raises(AssertionError):
        run(redis_url, routed)
