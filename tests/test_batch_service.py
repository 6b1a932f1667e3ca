"""A batch outlives the process that works on it."""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import Service
from tests.console.console_browser import new_person, plain_comments, post_held
from tests.test_service import children, decisions, wait_until

pytestmark = [pytest.mark.service, pytest.mark.timeout(300)]

COMMENTS = 900
FINISHED_S = 30.0


def api_workers(service: Service) -> list[int]:
    """The processes that answer requests: children of the one that listens."""
    running = children(service, "moderation", "api")
    parents = {int(Path(f"/proc/{pid}/stat").read_text().split()[3]) for pid in running}
    return [pid for pid in running if pid not in parents]


def test_a_batch_goes_on_when_its_process_is_killed_and_decides_each_comment_once(
    own_service: Service,
) -> None:
    anna = new_person(own_service)
    ids = post_held(own_service, plain_comments(COMMENTS, "a1"))

    # Given a batch that has come some way
    batch = anna.call("POST", "/v1/batches", {"action": "approve", "ids": ids})
    path = f"/v1/batches/{batch['id']}"
    wait_until(lambda: anna.call("GET", path)["run"]["handled"] > 0)
    assert anna.call("GET", path)["state"] == "running"

    # When every process that could work on it is killed
    killed = api_workers(own_service)
    assert killed
    for pid in killed:
        os.kill(pid, signal.SIGKILL)

    # Then those that take their place finish it
    def is_done() -> bool:
        return bool(anna.call("GET", path)["state"] == "done")

    wait_until(is_done, FINISHED_S)
    assert anna.call("GET", path)["run"] == {"total": COMMENTS, "handled": COMMENTS, "left": 0}
    with own_service.client() as client:
        made = Counter(
            str(one["comment_id"]) for one in decisions(client) if one.get("moderator")
        )
    assert made == dict.fromkeys(ids, 1)
