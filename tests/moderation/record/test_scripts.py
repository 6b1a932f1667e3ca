"""Which scripts wait for replicas, and that waiting tells nobody a comment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files

import pytest

from moderation.errors import RedisAwayError
from moderation.policy import Policy
from moderation.record import Record
from moderation.record.scripts import ACKNOWLEDGED
from moderation.settings import Settings
from tests.moderation.record.pending import accept, status


@pytest.mark.parametrize("name", sorted(ACKNOWLEDGED))
def test_what_is_acknowledged_is_a_script(name: str) -> None:
    assert files("moderation.record").joinpath(f"{name}.lua").is_file()


def test_without_a_replica_nothing_is_acknowledged(
    settings: Settings, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.record.scripts.REPLICAS_WAIT_MS", 1)
    waiting = Record(replace(settings, replicas_waited=1))
    # A script that Redis does not know yet is sent whole, and waits just the same.
    waiting.connection.script_flush()
    with pytest.raises(RedisAwayError, match="not yet on 1 replicas, only on 0"):
        waiting.policies.put("demo", Policy(), who="anna")


def test_scripts_that_redis_forgot_are_sent_again(
    record: Record, decide_all: Callable[[], None]
):
    accept(record, "c1")
    record.connection.script_flush()

    decide_all()

    assert status(record, "c1")[0] == "approved"
