"""The delivery job: who is fed, who is served, by how many threads."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from moderation.domain import now_rfc3339
from moderation.errors import RedisAwayError
from moderation.record import Record
from moderation.record.deliveries import DELIVER, Glance
from moderation.webhooks import Endpoint, EventType, Secret
from tests.conftest import DEMO_SITE
from workers import delivering
from workers.delivering import THREADS_OF_ONE, Crew, Post, Shift
from workers.jobs import DeliveryJob, RefusedJobError

WAIT_S = 10.0


def new_endpoint(endpoint_id: str) -> Endpoint:
    return Endpoint(
        id=endpoint_id,
        site=DEMO_SITE,
        url="https://example.org/hook",
        events=(EventType.DECISION_CREATED,),
        secrets=(Secret("whsec_c2VjcmV0"),),
        created_at=now_rfc3339(),
    )


class Busy:
    """Serves for as long as it is told to, and counts who is served at once."""

    def __init__(self) -> None:
        self.served: list[str] = []
        self.called = threading.Condition()
        self.released = threading.Event()

    def serve(self, endpoint: Endpoint) -> None:
        with self.called:
            self.served.append(endpoint.id)
            self.called.notify_all()
        self.released.wait(WAIT_S)

    def wait_for(self, endpoint_id: str, times: int) -> None:
        with self.called:
            assert self.called.wait_for(
                lambda: self.served.count(endpoint_id) == times, WAIT_S
            ), self.served


@pytest.fixture
def busy() -> Iterator[Busy]:
    made = Busy()
    yield made
    made.released.set()


def glance(endpoint_id: str, *, due: int = 1, failures: int = 0) -> Glance:
    return Glance(new_endpoint(endpoint_id), False, due, failures)


def test_an_endpoint_with_nothing_due_is_left_alone(busy: Busy) -> None:
    crew = Crew(busy.serve)
    crew.attend(glance("e1", due=0))
    busy.released.set()
    crew.dismiss(wait_s=WAIT_S)

    assert busy.served == []


def test_an_endpoint_that_hangs_keeps_nobody_from_another(busy: Busy) -> None:
    crew = Crew(busy.serve)
    for number in range(100):
        crew.attend(glance(f"hanging-{number}", due=1_000, failures=1))
    crew.attend(glance("sound"))

    busy.wait_for("sound", 1)


def test_a_sound_endpoint_with_much_to_do_gets_several_threads(busy: Busy) -> None:
    crew = Crew(busy.serve)
    for _ in range(3):
        crew.attend(glance("e1", due=10_000))

    busy.wait_for("e1", THREADS_OF_ONE)


def test_an_endpoint_that_fails_has_one_thread(busy: Busy) -> None:
    crew = Crew(busy.serve)
    for _ in range(3):
        crew.attend(glance("e1", due=10_000, failures=1))
    busy.wait_for("e1", 1)
    busy.released.set()
    crew.dismiss(wait_s=WAIT_S)

    assert busy.served == ["e1"]


def test_the_threads_of_many_busy_endpoints_leave_room_for_new_ones(
    busy: Busy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "THREADS", 8)
    monkeypatch.setattr(delivering, "KEPT_FREE", 4)
    crew = Crew(busy.serve)
    for number in range(4):
        for _ in range(3):
            crew.attend(glance(f"busy-{number}", due=10_000))
    crew.attend(glance("new"))

    busy.wait_for("new", 1)


@pytest.mark.parametrize("error", [RedisAwayError("away"), ValueError("broken")])
def test_who_stumbles_is_served_again(error: Exception) -> None:
    calls = threading.Semaphore(0)

    def stumble(_: Endpoint) -> None:
        calls.release()
        raise error

    crew = Crew(stumble)
    for _ in range(2):
        while not calls.acquire(timeout=0.01):
            crew.attend(glance("e1"))
    crew.dismiss(wait_s=WAIT_S)


def test_nobody_waits_long_for_one_that_hangs(busy: Busy) -> None:
    crew = Crew(busy.serve)
    crew.attend(glance("e1"))
    busy.wait_for("e1", 1)

    crew.dismiss(wait_s=0.01)


@pytest.fixture
def shift(record: Record) -> Callable[[Callable[[Endpoint], None]], None]:
    """Runs one shift that ends by itself as soon as there is nothing new."""

    def run(serve: Callable[[Endpoint], None]) -> None:
        crew, stop = Crew(serve), threading.Event()
        threading.Timer(0.5, stop.set).start()
        Shift(Post(record, crew, threading.Event(), stop)).run()
        crew.dismiss(wait_s=WAIT_S)

    return run


def test_a_shift_feeds_and_serves_whoever_has_news(record: Record, shift: Any) -> None:
    record.webhooks.add(new_endpoint("e1"))
    record.webhooks.add(replace(new_endpoint("e2"), disabled="gone"))
    record.connection.xadd(
        f"moderation:{{0}}:decisions:{DEMO_SITE}",
        {"decision": json.dumps({"comment_id": "c1", "action": "approve"})},
    )
    served: list[str] = []

    def serve(endpoint: Endpoint) -> None:
        batch = record.deliveries.turn(endpoint, most=10)
        served.extend(f"{endpoint.id} {one.lane}" for one in batch.messages)

    shift(serve)
    assert served == ["e1 c:c1"]


def test_a_shift_without_an_endpoint_ends_at_once(record: Record) -> None:
    never = threading.Event()
    Shift(Post(record, Crew(lambda _: None), threading.Event(), never)).run()


def test_a_shift_outlives_redis_being_away(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "REDIS_PAUSE_S", 0.01)
    record.webhooks.add(new_endpoint("e1"))
    looks = iter([RedisAwayError("away")])
    inner = record.deliveries.glance

    def away_once(endpoints: Any) -> Any:
        with suppress(StopIteration):
            raise next(looks)
        stop.set()
        return inner(endpoints)

    monkeypatch.setattr(record.deliveries, "glance", away_once)
    stop = threading.Event()
    Shift(Post(record, Crew(lambda _: None), threading.Event(), stop)).run()
    assert stop.is_set()


def test_the_bell_rings_once(record: Record) -> None:
    for _ in range(3):
        record.deliveries.doorbell.ring()
    jobs = record.rq_connection.lrange(
        f"rq:queue:{record.deliveries.doorbell.queue_name}", 0, -1
    )
    assert len(jobs) == 1


def test_a_deliverer_runs_nothing_but_deliveries(record: Record) -> None:
    job = DeliveryJob.create("os.system", args=("true",), connection=record.rq_connection)
    with pytest.raises(RefusedJobError):
        job.func  # noqa: B018
    known = DeliveryJob.create(DELIVER, args=("0",), connection=record.rq_connection)
    assert known.func is delivering.deliver
