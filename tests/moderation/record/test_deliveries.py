"""Messages on their way to endpoints: fed once, in order, taken by one, never lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from moderation.deliveries import Attempt, Message, Outcome, Settled, Taken
from moderation.domain import Action, Decision, Source, now_rfc3339
from moderation.encoding import compact_json
from moderation.errors import (
    TooManyEndpointsError,
    UnknownEndpointError,
    UnknownMessageError,
)
from moderation.record import Record, deliveries
from moderation.webhooks import MOST_ENDPOINTS, Endpoint, EventType, Secret
from tests.conftest import DEMO_SITE

Decide = Callable[..., str]


@pytest.fixture
def decide(record: Record) -> Decide:
    """Writes a decision into the site's stream and tells its position."""

    def write(comment: str, action: Action = Action.APPROVE, revision: int = 1) -> str:
        decision = Decision(
            comment_id=comment,
            article_id="a1",
            revision=revision,
            action=action,
            source=Source.CLASSIFIER,
            reasons=(),
            decided_at=now_rfc3339(),
            scores={},
            model=None,
            language=None,
        )
        written: str = record.connection.xadd(
            f"moderation:{{0}}:decisions:{DEMO_SITE}",
            {"decision": compact_json(decision.to_json())},
        )
        return written

    return write


@pytest.fixture
def endpoint(record: Record) -> Endpoint:
    return add_endpoint(record)


def add_endpoint(record: Record, *events: EventType, id_: str = "e1") -> Endpoint:
    made = Endpoint(
        id=id_,
        site=DEMO_SITE,
        url="https://example.org/hook",
        events=events or (EventType.DECISION_CREATED,),
        secrets=(Secret("whsec_c2VjcmV0"),),
        created_at=now_rfc3339(),
    )
    record.webhooks.add(made)
    return made


def take(record: Record, endpoint: Endpoint, most: int = 100) -> list[Taken]:
    record.deliveries.feed(endpoint)
    return list(record.deliveries.turn(endpoint, most=most).messages)


def settled(taken: Taken, outcome: Outcome | None, *, due_ms: int = 0) -> Settled:
    log = Attempt(
        message=taken.message.id(DEMO_SITE),
        event=taken.message.event,
        subject=taken.lane,
        at=now_rfc3339(),
        outcome=outcome or Outcome.DELIVERED,
    )
    later = taken.message.failed(1) if outcome is Outcome.RETRIED else None
    return Settled(taken.lane, taken.message, outcome, later, due_ms, log if outcome else None)


def settle(record: Record, endpoint: Endpoint, *what: Settled, most: int = 100) -> list[Taken]:
    return list(record.deliveries.turn(endpoint, most=most, settled=what).messages)


def lanes(taken: list[Taken]) -> list[str]:
    return [one.lane for one in taken]


def test_an_endpoint_is_told_what_happens_after_it_was_added(
    record: Record, decide: Decide
) -> None:
    decide("before")
    endpoint = add_endpoint(record)
    position = decide("after")

    [taken] = take(record, endpoint)

    assert taken.lane == "c:after"
    assert taken.message.id(DEMO_SITE) == f"msg_demo_{position}_decision-created"
    assert json.loads(taken.data)["comment_id"] == "after"


def test_an_endpoint_is_told_only_what_it_asked_for(record: Record, decide: Decide) -> None:
    held = add_endpoint(record, EventType.COMMENT_HELD, id_="held")
    both = add_endpoint(record, EventType.DECISION_CREATED, EventType.COMMENT_HELD, id_="both")
    decide("fine")
    decide("rude", Action.HOLD)

    assert [one.message.event for one in take(record, held)] == [EventType.COMMENT_HELD]
    assert lanes(take(record, both)) == ["c:fine", "c:rude"]  # the second of `rude` waits


def test_what_is_fed_is_never_fed_again(record: Record, decide: Decide) -> None:
    endpoint = add_endpoint(record)
    for number in range(deliveries.FED_AT_ONCE + 1):
        decide(f"c{number}")

    for _ in range(4):
        record.deliveries.feed(endpoint)

    assert record.webhooks.health(endpoint).waiting == deliveries.FED_AT_ONCE + 1


@pytest.mark.parametrize(
    "broken", [{"decision": "{"}, {"decision": "[]"}, {"decision": "{}"}, {"other": "x"}]
)
def test_a_broken_entry_holds_up_nobody(
    record: Record, endpoint: Endpoint, decide: Decide, broken: dict[str, str]
) -> None:
    record.connection.xadd(f"moderation:{{0}}:decisions:{DEMO_SITE}", dict(broken))
    decide("c1")

    assert lanes(take(record, endpoint)) == ["c:c1"]


def test_two_who_feed_at_once_feed_once(
    record: Record, endpoint: Endpoint, decide: Decide, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given one who has read the stream and is about to feed
    decide("c1")
    inner = record.deliveries._scripts.run_all

    def meanwhile(name: str, arguments: list[str]) -> object:
        monkeypatch.undo()
        record.deliveries.feed(endpoint)  # another is quicker
        return inner(name, arguments)

    monkeypatch.setattr(record.deliveries._scripts, "run_all", meanwhile)
    record.deliveries.feed(endpoint)

    assert record.webhooks.health(endpoint).waiting == 1


def test_the_messages_about_a_comment_go_out_one_after_the_other(
    record: Record, endpoint: Endpoint, decide: Decide
) -> None:
    decide("c1", Action.HOLD, 1)
    decide("c1", Action.APPROVE, 2)
    decide("c2")

    first, other = take(record, endpoint)
    assert [json.loads(one.data)["revision"] for one in (first, other)] == [1, 1]
    assert take(record, endpoint) == []

    [second] = settle(record, endpoint, settled(first, Outcome.DELIVERED))
    assert (second.lane, json.loads(second.data)["revision"]) == ("c:c1", 2)


def test_a_message_that_failed_holds_up_its_own_comment_alone(
    record: Record, endpoint: Endpoint, decide: Decide
) -> None:
    decide("c1", Action.HOLD, 1)
    decide("c1", Action.APPROVE, 2)
    [first] = take(record, endpoint)

    later = settled(first, Outcome.RETRIED, due_ms=4_000_000_000_000)
    assert settle(record, endpoint, later) == []
    decide("c2")
    assert lanes(take(record, endpoint)) == ["c:c2"]


def test_a_message_that_is_due_again_goes_before_new_ones(
    record: Record, endpoint: Endpoint, decide: Decide
) -> None:
    decide("c1")
    [first] = take(record, endpoint)
    decide("c2")
    record.deliveries.feed(endpoint)

    again, _ = settle(record, endpoint, settled(first, Outcome.RETRIED))

    assert again.message == first.message.failed(1)
    assert again.message.id(DEMO_SITE) == first.message.id(DEMO_SITE)


def test_what_a_dead_deliverer_took_is_due_again_when_its_lease_ends(
    record: Record, endpoint: Endpoint, decide: Decide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "LEASE_MS", 0)
    decide("c1")

    taken = take(record, endpoint)

    assert taken
    assert take(record, endpoint) == taken


def test_who_comes_too_late_changes_nothing(
    record: Record, endpoint: Endpoint, decide: Decide, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a message that another took over and failed with
    monkeypatch.setattr(deliveries, "LEASE_MS", 0)
    decide("c1")
    [mine] = take(record, endpoint)
    [theirs] = take(record, endpoint)
    settle(record, endpoint, settled(theirs, Outcome.RETRIED, due_ms=4_000_000_000_000))
    # When the first one says that it was delivered
    settle(record, endpoint, settled(mine, Outcome.DELIVERED))
    # Then it still waits: sent twice, not lost
    assert record.webhooks.health(endpoint).waiting == 1


def test_what_was_taken_but_not_tried_goes_back(
    record: Record, endpoint: Endpoint, decide: Decide
) -> None:
    decide("c1")
    [taken] = take(record, endpoint)

    assert settle(record, endpoint, settled(taken, None)) == [taken]
    assert record.webhooks.log(endpoint) == []


def test_a_paused_endpoint_gives_nothing(
    record: Record, endpoint: Endpoint, decide: Decide
) -> None:
    decide("c1")
    record.deliveries.turn(endpoint, most=0, health={"paused_until_ms": 4_000_000_000_000})

    assert take(record, endpoint) == []
    [glance] = record.deliveries.glance([endpoint])
    assert glance.due == 0


def test_a_disabled_endpoint_keeps_what_waits(
    record: Record, endpoint: Endpoint, decide: Decide
) -> None:
    decide("c1")
    record.webhooks.change(DEMO_SITE, "e1", lambda one: replace(one, disabled="gone"))
    assert take(record, endpoint) == []

    record.webhooks.change(DEMO_SITE, "e1", lambda one: replace(one, disabled=""))
    assert lanes(take(record, endpoint)) == ["c:c1"]


def test_a_glance_tells_who_has_something_to_do(
    record: Record, endpoint: Endpoint, decide: Decide
) -> None:
    def glance() -> tuple[bool, int]:
        [found] = record.deliveries.glance([endpoint])
        return found.is_behind, found.due

    assert glance() == (False, 0)
    decide("c1")
    assert glance() == (True, 0)
    record.deliveries.feed(endpoint)
    assert glance() == (False, 1)
    take(record, endpoint)
    assert glance() == (False, 0)


@pytest.mark.parametrize("limit", ["MOST_WAITING", "MOST_FRESH"])
def test_a_full_endpoint_is_fed_no_more(
    record: Record,
    endpoint: Endpoint,
    decide: Decide,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
) -> None:
    monkeypatch.setattr(deliveries, limit, 1)
    decide("c1")
    record.deliveries.feed(endpoint)
    decide("c2")

    [glance] = record.deliveries.glance([endpoint])
    assert not glance.is_behind


def test_what_is_no_longer_kept_is_taken_without_data(
    record: Record, endpoint: Endpoint, decide: Decide
) -> None:
    position = decide("c1")
    record.deliveries.feed(endpoint)
    record.connection.xdel(f"moderation:{{0}}:decisions:{DEMO_SITE}", position)

    assert [one.data for one in take(record, endpoint)] == [""]


def test_a_message_that_is_given_up_is_parked_and_its_comment_goes_on(
    record: Record, endpoint: Endpoint, decide: Decide
) -> None:
    decide("c1", Action.HOLD, 1)
    decide("c1", Action.APPROVE, 2)
    [first] = take(record, endpoint)

    [second] = settle(record, endpoint, settled(first, Outcome.PARKED))

    assert json.loads(second.data)["revision"] == 2
    [parked] = record.webhooks.parked(endpoint)
    assert parked.attempt.message == first.message.id(DEMO_SITE)
    health = record.webhooks.health(endpoint)
    assert (health.waiting, health.parked) == (1, 1)


def test_a_parked_message_is_sent_again_under_its_id(
    record: Record, endpoint: Endpoint, decide: Decide
) -> None:
    decide("c1")
    [first] = take(record, endpoint)
    settle(record, endpoint, settled(first, Outcome.PARKED))

    assert record.webhooks.replay_parked(endpoint) == 1

    [again] = take(record, endpoint)
    assert again.message.id(DEMO_SITE) == first.message.id(DEMO_SITE)
    assert record.webhooks.parked(endpoint) == []


def test_many_parked_messages_are_sent_again_once_and_in_their_order(
    record: Record, endpoint: Endpoint, decide: Decide
) -> None:
    for revision in (1, 2):
        for number in range(300):
            decide(f"c{number}", revision=revision)
    for _ in (1, 2):  # a comment's second message comes when its first is done with
        first = take(record, endpoint, 1_000) or take(record, endpoint, 1_000)
        settle(record, endpoint, *(settled(one, Outcome.PARKED) for one in first), most=0)

    assert record.webhooks.replay_parked(endpoint) == 600
    assert record.webhooks.replay_parked(endpoint) == 0

    again = take(record, endpoint, 1_000)
    assert {json.loads(one.data)["revision"] for one in again} == {1}
    assert record.webhooks.health(endpoint).waiting == 600


def test_a_time_range_is_sent_again(record: Record, decide: Decide) -> None:
    positions = [decide(f"c{number}") for number in range(3)]
    endpoint = add_endpoint(record)
    first, last = (int(one.partition("-")[0]) for one in (positions[0], positions[-1]))

    record.webhooks.replay_range(endpoint, first, last)

    assert lanes(take(record, endpoint)) == ["c:c0", "c:c1", "c:c2"]
    [glance] = record.deliveries.glance([endpoint])
    assert not glance.is_behind


def test_a_long_replay_is_fed_in_pieces(
    record: Record, decide: Decide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "FED_AT_ONCE", 2)
    for number in range(5):
        decide(f"c{number}")
    endpoint = add_endpoint(record)

    record.webhooks.replay_range(endpoint, 0, 4_000_000_000_000)
    for _ in range(3):
        record.deliveries.feed(endpoint)

    assert lanes(take(record, endpoint)) == [f"c:c{number}" for number in range(5)]


@pytest.mark.parametrize(
    "message_id",
    [
        "msg_demo_1-1_decision-created",
        "msg_other_1-1_decision-created",
        "msg_demo_1-1_ping",
        "msg_demo_x",
        "",
    ],
)
def test_a_message_that_is_not_there_cannot_be_sent_again(
    record: Record, endpoint: Endpoint, message_id: str
) -> None:
    with pytest.raises(UnknownMessageError):
        record.webhooks.replay(endpoint, message_id)


def test_a_ping_goes_first_even_to_a_paused_endpoint(
    record: Record, endpoint: Endpoint, decide: Decide
) -> None:
    decide("c1")
    record.deliveries.feed(endpoint)
    record.deliveries.turn(endpoint, most=0, health={"paused_until_ms": 4_000_000_000_000})

    message = record.webhooks.ping(endpoint)

    first, _ = take(record, endpoint)
    assert (first.message, first.data) == (message, "{}")


def test_the_log_tells_every_attempt_the_newest_first(
    record: Record, endpoint: Endpoint, decide: Decide
) -> None:
    decide("c1")
    [first] = take(record, endpoint)
    [again] = settle(record, endpoint, settled(first, Outcome.RETRIED))
    settle(record, endpoint, settled(again, Outcome.DELIVERED))

    log = record.webhooks.log(endpoint)
    assert [one.outcome for _, one in log] == [Outcome.DELIVERED, Outcome.RETRIED]
    assert record.webhooks.log(endpoint, before=log[0][0]) == log[1:]
    assert record.webhooks.attempt_of(endpoint, log[0][1].message, wait_s=0) == log[0][1]
    assert record.webhooks.attempt_of(endpoint, "msg_other", wait_s=0) is None


def test_nothing_of_a_removed_endpoint_stays(
    record: Record, endpoint: Endpoint, decide: Decide
) -> None:
    decide("c1")
    decide("c2")
    [first, _] = take(record, endpoint)
    settle(record, endpoint, settled(first, Outcome.PARKED), most=0)

    record.webhooks.remove(DEMO_SITE, "e1")

    assert not record.connection.keys("*webhook*")
    assert record.deliveries.turn(endpoint, most=1).endpoint is None
    with pytest.raises(UnknownEndpointError):
        record.webhooks.remove(DEMO_SITE, "e1")
    with pytest.raises(UnknownEndpointError):
        record.webhooks.change(DEMO_SITE, "e1", lambda one: one)


def test_a_site_has_so_many_endpoints_and_no_more(record: Record) -> None:
    for number in range(MOST_ENDPOINTS):
        add_endpoint(record, id_=f"e{number}")
    with pytest.raises(TooManyEndpointsError):
        add_endpoint(record, id_="one more")


def test_a_message_is_stored_as_it_is_read() -> None:
    message = Message(EventType.MODEL_PROMOTED, "17-3", 1, 2, 3)
    assert Message.read(message.written()) == message
