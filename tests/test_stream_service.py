"""Other people's client of server-sent events follows the decisions of a running service."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from contextlib import closing, suppress
from itertools import islice
from uuid import uuid4

import httpx
import pytest
from httpx_sse import ServerSentEvent, connect_sse

from tests.conftest import Service, new_comment
from tests.test_batch_service import api_workers
from tests.test_service import wait_until

pytestmark = [pytest.mark.service, pytest.mark.timeout(300)]


class Follower:
    """Follows the decisions, is cut off, and goes on after the last event that it saw."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.last_event_id = self._newest()
        self.comment_ids: list[str] = []

    def read(self, count: int) -> None:
        """Reads some decisions on a connection of its own, and hangs up."""
        with closing(self.events()) as events:
            for event in islice(events, count):
                self.note(event)

    def events(self) -> Generator[ServerSentEvent, None, None]:
        """The events of one connection; ends with it."""
        headers = {"Last-Event-ID": self.last_event_id}
        with (
            self._service.client() as client,
            connect_sse(client, "GET", "/v1/decisions/stream", headers=headers) as source,
        ):
            source.response.raise_for_status()
            # This client passes on frames without data, `retry:` alone; a browser does not:
            # https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage
            yield from (event for event in source.iter_sse() if event.data)

    def note(self, event: ServerSentEvent) -> None:
        """Remembers an event as an EventSource does."""
        assert event.event == "decision"
        self.last_event_id = event.id
        self.comment_ids.append(event.json()["comment_id"])

    def _newest(self) -> str:
        after = ""
        with self._service.client() as client:
            while True:
                page = client.get("/v1/decisions", params={"after": after}).json()
                after = str(page["next"])
                if not page["decisions"]:
                    return after


def post(service: Service, count: int) -> set[str]:
    """Posts comments under new ids."""
    comments = [
        new_comment(
            f"Remark {number} on the bridge",
            id=f"streamed-{uuid4().hex}",
            article_id="streamed",
            author={"id": f"author-{uuid4().hex}"},
        )
        for number in range(count)
    ]
    with service.client() as client:
        client.post("/v1/comments/batch", json={"comments": comments}).raise_for_status()
    return {comment["id"] for comment in comments}


def listed(service: Service, after: str) -> list[str]:
    """The comments that the list of decisions tells after a cursor."""
    with service.client() as client:
        params: dict[str, str | int] = {"after": after, "limit": 1_000}
        page = client.get("/v1/decisions", params=params).json()
    return [one["comment_id"] for one in page["decisions"]]


def test_a_client_that_is_cut_off_again_and_again_gets_each_decision_once(
    service: Service,
) -> None:
    # Given
    follower = Follower(service)
    begin, posted = follower.last_event_id, set[str]()

    # When more is decided between two of its connections, and while one is open
    for count in (1, 7, 12):
        posted |= post(service, 10)
        follower.read(count)
    follower.read(10)

    # Then
    assert set(follower.comment_ids) == posted
    assert follower.comment_ids == listed(service, begin)


def test_a_client_goes_on_where_it_was_when_the_api_is_killed(service: Service) -> None:
    # Given a connection that has told some of it
    follower = Follower(service)
    begin, posted = follower.last_event_id, post(service, 10)
    connection = follower.events()
    for _ in range(5):
        follower.note(next(connection))

    # When every process that answers is killed, and more is decided
    killed = api_workers(service)
    assert killed
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    with suppress(httpx.HTTPError):
        for event in connection:  # what was on its way already still comes
            follower.note(event)
    wait_until(lambda: not set(killed) & set(api_workers(service)) and answers(service))
    posted |= post(service, 10)
    follower.read(20 - len(follower.comment_ids))

    # Then
    assert set(follower.comment_ids) == posted
    assert follower.comment_ids == listed(service, begin)


def answers(service: Service) -> bool:
    """Whether the API is there."""
    with service.client() as client:
        try:
            return client.get("/healthz").is_success
        except httpx.HTTPError:
            return False
