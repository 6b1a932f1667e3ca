"""A short run of the harness, on a server that flushes before it answers."""

from __future__ import annotations

import pytest

from tests.chaos.plan import Fault, Plan, schedule
from tests.chaos.report import as_text
from tests.chaos.run import run

pytestmark = pytest.mark.service

#: The last kill, of a worker, comes on top.
SHORT = (
    Fault.SKEW_CLOCK,
    Fault.KILL_API,
    Fault.KILL_REDIS,
    Fault.FILL_REDIS,
    Fault.KILL_DELIVERER,
    Fault.CUT_CONNECTIONS,
    Fault.STOP_WORKER,
)


@pytest.mark.timeout(600)
def test_a_tormented_service_keeps_every_promise() -> None:
    plan = Plan(comments=300, faults=SHORT, seed=7, seconds=2, appendfsync="always")
    outcome = run(plan, lambda what, share: None)

    assert outcome.is_clean, as_text(outcome)
    assert outcome.appendfsync == "always"
    assert outcome.faults.struck.keys() == {*SHORT, Fault.KILL_WORKER}
    assert len(outcome.ledger.comments) >= plan.comments


def test_a_schedule_has_the_kills_asked_for_and_is_the_same_for_the_same_seed() -> None:
    faults = schedule(seed=3, kills=200)
    assert sum(fault.is_kill for fault in faults) == 200 - 1  # the last one comes at the end
    assert set(faults) == set(Fault)
    assert faults == schedule(seed=3, kills=200) != schedule(seed=4, kills=200)
