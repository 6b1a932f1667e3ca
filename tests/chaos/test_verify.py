"""The verifier: it finds each way in which a promise can be broken, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from flask import Flask

from moderation.bootstrap import ADMIN
from moderation.record import Record
from tests.chaos import verify
from tests.chaos.calls import Callers
from tests.chaos.ledger import Ledger, Told, digest
from tests.chaos.people import REPORTS_TO_HOLD, Follower
from tests.chaos.traffic import Posts, Site, post_batch
from tests.chaos.verify import Findings, Verifier
from tests.conftest import API_KEY, DEMO_SITE
from tests.fakes import RUDE

COMMENTS = 8
SITE = Site(DEMO_SITE, API_KEY)
DECISIONS = f"moderation:{{0}}:decisions:{DEMO_SITE}"


@dataclass
class World:
    """A quiet service and what it promised."""

    ledger: Ledger
    record: Record
    findings: Callable[[], Findings]

    def some(self, *, held: bool) -> str:
        """The id of a comment that is held, or is not."""
        queue = self.record.connection.zrange(f"moderation:{{0}}:held:{DEMO_SITE}:age", 0, -1)
        there = [comment for _, comment in self.ledger.comments]
        return next(one for one in there if (one in queue) is held)

    def told(self) -> Told:
        """A decision that was told."""
        return self.ledger.feeds[DEMO_SITE][0]


@pytest.fixture
def world(
    app: Flask,
    record: Record,
    decide_all: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    """Some comments, all decided, everything told."""
    monkeypatch.setattr(verify, "SILENCE_S", 0)
    ledger = Ledger()
    callers = Callers("http://service", ledger, httpx.WSGITransport(app))
    site, moderator = callers.new(API_KEY), callers.new(record.tokens.issue(ADMIN))
    posts = Posts([SITE], ["A thoughtful remark", f"You {RUDE}"], seed=1)
    post_batch(site, [posts[number] for number in range(COMMENTS)], ledger)
    decide_all()

    def findings() -> Findings:
        return Verifier(record, {SITE: site}, moderator, ledger).run()

    Follower(SITE, site, ledger).read_page()
    ledger.heard[DEMO_SITE] = set(ledger.feeds[DEMO_SITE])
    return World(ledger, record, findings)


def test_a_service_that_kept_its_promises_has_no_findings(world: World) -> None:
    assert len(world.ledger.comments) == len(world.ledger.feeds[DEMO_SITE]) == COMMENTS
    found = world.findings()
    assert found == Findings()
    assert found.is_clean


def test_a_comment_that_was_acknowledged_and_is_not_there_is_lost(world: World) -> None:
    world.ledger.acknowledge(DEMO_SITE, "gone", digest("anything"))
    assert world.findings().lost == [f"{DEMO_SITE}/gone"]


def test_a_comment_that_nobody_posted_is_there_twice(world: World) -> None:
    comment = world.some(held=False)
    del world.ledger.comments[DEMO_SITE, comment]
    assert world.findings().twice == [f"{DEMO_SITE}/{comment} was never acknowledged"]


def test_another_text_than_was_posted_is_a_disagreement(world: World) -> None:
    comment = world.some(held=False)
    world.ledger.comments[DEMO_SITE, comment] = digest("another text")
    assert len(world.findings().disagreements) == 1


def test_a_second_decision_of_the_same_revision_is_one_too_many(world: World) -> None:
    entries: Any = world.record.connection.xrange(DECISIONS, count=1)
    [(_, fields)] = entries
    world.record.connection.xadd(DECISIONS, fields)
    found = world.findings()
    assert len(found.twice) == 1
    assert found.disagreements  # the follower was not told


def test_a_decision_that_the_stream_has_lost_is_a_disagreement(world: World) -> None:
    entries: Any = world.record.connection.xrange(DECISIONS, count=1)
    [(position, _)] = entries
    world.record.connection.xdel(DECISIONS, position)
    found = world.findings()
    assert len(found.lost) == 1
    assert found.disagreements


def test_a_held_comment_that_no_moderator_sees_is_a_disagreement(world: World) -> None:
    comment = world.some(held=True)
    world.record.connection.zrem(f"moderation:{{0}}:held:{DEMO_SITE}:age", comment)
    assert f"{DEMO_SITE}/{comment} is held and not in the queue" in (
        world.findings().disagreements
    )


def test_a_verdict_that_was_acknowledged_and_is_not_there_is_lost(world: World) -> None:
    told = replace(world.told(), revision=2)
    world.ledger.verdicts[DEMO_SITE].add(told)
    assert world.findings().lost == [f"{DEMO_SITE}/{told.comment} revision 2"]


def test_a_comment_that_was_reported_enough_and_not_held_is_a_disagreement(
    world: World,
) -> None:
    comment = world.some(held=False)
    world.ledger.reporters[DEMO_SITE, comment] = {f"r{n}" for n in range(REPORTS_TO_HOLD)}
    assert world.findings().disagreements == [
        f"{DEMO_SITE}/{comment} was reported and not held"
    ]


def test_a_comment_that_was_erased_and_is_there_is_a_disagreement(world: World) -> None:
    comment = world.some(held=False)
    world.ledger.erased.add((DEMO_SITE, comment))
    assert f"{DEMO_SITE}/{comment} was erased and is there" in world.findings().disagreements


def test_a_decision_that_no_webhook_told_is_undelivered(world: World) -> None:
    told = world.told()
    world.ledger.heard[DEMO_SITE].remove(told)
    assert world.findings().undelivered == [f"{DEMO_SITE}/{told.comment} revision 1"]
