"""GET /v1/decisions/stream"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.api import decisions as view
from moderation.record import Record
from moderation.record.event_streams import LEASE_S
from moderation.settings import Settings
from tests.api.checks import client_with_key, errors, post, problem
from tests.api.test_decisions import trim

URL = "/v1/decisions/stream"
WAIT_S = 15.0


class Stream:
    """A follower: reads frames as a browser's EventSource would get them."""

    def __init__(self, response: Any) -> None:
        assert response.status_code == 200, response.text
        self.response = response
        self._chunks: Iterator[bytes] = response.iter_encoded()
        self._buffer = ""

    def frame(self) -> list[str]:
        """The lines of the next frame; none when the stream has ended."""
        while "\n\n" not in self._buffer:
            chunk = next(self._chunks, None)
            if chunk is None:
                return []
            self._buffer += chunk.decode()
        frame, _, self._buffer = self._buffer.partition("\n\n")
        return frame.split("\n")

    def events(self, count: int) -> list[dict[str, str]]:
        """The next events, heartbeats and `retry` left out."""
        found: list[dict[str, str]] = []
        while len(found) < count:
            lines = self.frame()
            assert lines, "the stream ended"
            if not lines[0].startswith((":", "retry:")):
                found.append(dict(line.split(": ", 1) for line in lines))
        return found

    def comment_ids(self, count: int) -> list[str]:
        return [json.loads(one["data"])["comment_id"] for one in self.events(count)]


@pytest.fixture
def follow(client: FlaskClient, app: Flask) -> Iterator[Callable[..., Stream]]:
    """Opens streams, and closes them at the end."""
    opened: list[Stream] = []

    def open_one(who: FlaskClient = client, query: Any = None, **headers: str) -> Stream:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        opened.append(Stream(who.get(URL, query_string=query, headers=named)))
        return opened[-1]

    yield open_one
    for stream in opened:
        stream.response.close()


@pytest.fixture
def three(client: FlaskClient, decide_all: Callable[[], None]) -> list[str]:
    for n in range(3):
        post(client, id=f"c{n}", text=f"number {n}")
    decide_all()
    return [f"c{n}" for n in range(3)]


def test_it_begins_with_the_oldest_kept_and_each_event_is_a_decision(
    client: FlaskClient, follow: Callable[..., Stream], three: list[str]
):
    # When
    stream = follow()

    # Then
    assert stream.response.mimetype == "text/event-stream"
    assert stream.response.headers["Cache-Control"] == "no-store"
    assert stream.response.headers["X-Accel-Buffering"] == "no"
    assert stream.frame() == ["retry: 1000"]
    events = stream.events(3)
    assert [list(one) for one in events] == [["id", "event", "data"]] * 3
    assert {one["event"] for one in events} == {"decision"}
    listed = client.get("/v1/decisions").json
    assert [json.loads(one["data"]) for one in events] == listed["decisions"]
    assert events[-1]["id"] == listed["next"]


def test_a_new_decision_arrives_while_it_is_open(
    client: FlaskClient,
    follow: Callable[..., Stream],
    three: list[str],
    decide_all: Callable[[], None],
):
    # Given
    stream = follow()
    assert stream.comment_ids(3) == three

    # When
    def later() -> None:
        time.sleep(0.2)
        post(client, id="later")
        decide_all()

    thread = threading.Thread(target=later)
    thread.start()

    # Then
    assert stream.comment_ids(1) == ["later"]
    thread.join()


def test_last_event_id_resumes_and_goes_before_after(
    client: FlaskClient, follow: Callable[..., Stream], three: list[str]
):
    first, second, _ = (one["id"] for one in follow().events(3))

    assert follow(Last_Event_ID=first).comment_ids(2) == ["c1", "c2"]
    assert follow(query={"after": second}).comment_ids(1) == ["c2"]
    assert follow(query={"after": second}, Last_Event_ID=first).comment_ids(2) == ["c1", "c2"]
    assert follow(query={"after": second}, Last_Event_ID="").comment_ids(1) == ["c2"]


def test_cursors_of_the_list_and_the_stream_are_the_same(
    client: FlaskClient, follow: Callable[..., Stream], three: list[str]
):
    cursor = client.get("/v1/decisions?limit=1").json["next"]

    assert follow(query={"after": cursor}).comment_ids(2) == ["c1", "c2"]


def test_text_with_line_breaks_cannot_break_a_frame(
    client: FlaskClient, follow: Callable[..., Stream], decide_all: Callable[[], None]
):
    weird = "a\u2028b\u0085c"
    post(client, id=weird)
    decide_all()

    assert follow().comment_ids(1) == [weird]


def test_heartbeats_come_when_there_is_nothing_else(
    client: FlaskClient,
    follow: Callable[..., Stream],
    monkeypatch: pytest.MonkeyPatch,
    decide_all: Callable[[], None],
):
    # Given
    assert view.HEARTBEAT_S == 15
    monkeypatch.setattr(view, "HEARTBEAT_S", 0.05)
    stream = follow()
    stream.frame()

    # Then
    assert stream.frame() == [": heartbeat"]
    assert stream.frame() == [": heartbeat"]
    post(client, id="c1")
    decide_all()
    assert stream.comment_ids(1) == ["c1"]


def test_it_ends_when_the_key_is_revoked(
    client: FlaskClient,
    record: Record,
    follow: Callable[..., Stream],
    monkeypatch: pytest.MonkeyPatch,
):
    # Given
    assert view.RENEW_S <= 5
    monkeypatch.setattr(view, "RENEW_S", 0.05)
    stream = follow()
    assert stream.frame()

    # When
    record.sites.rotate_key("demo")

    # Then
    deadline = time.monotonic() + WAIT_S
    while stream.frame():
        assert time.monotonic() < deadline


def test_a_busy_stream_ends_as_well_when_the_key_is_revoked(
    client: FlaskClient,
    record: Record,
    follow: Callable[..., Stream],
    three: list[str],
    monkeypatch: pytest.MonkeyPatch,
):
    """Decisions that never pause must not keep a stream open that has no key any more."""
    # Given: the next decision is always there already
    monkeypatch.setattr(view, "RENEW_S", 0.0)
    stream = follow()
    stream.frame()

    # When
    record.sites.rotate_key("demo")

    # Then
    assert stream.frame() == []


def test_a_cursor_whose_decisions_are_gone_is_refused_before_the_stream_begins(
    client: FlaskClient, record: Record, three: list[str]
):
    cursor = client.get("/v1/decisions?limit=1").json["next"]
    trim(record, keep=1)

    problem(client.get(URL, query_string={"after": cursor}), 410, "cursor-expired")
    problem(client.get(URL, headers={"Last-Event-ID": cursor}), 410, "cursor-expired")


@pytest.mark.parametrize("made_up", ["x", "5", "1700000000000-0", "é"])
def test_a_cursor_that_was_never_given(client: FlaskClient, made_up: str):
    assert set(errors(client.get(URL, query_string={"after": made_up}))) == {"after"}
    assert set(errors(client.get(URL, headers={"Last-Event-ID": made_up}))) == {"after"}


def test_another_sites_decisions_do_not_come(
    client: FlaskClient,
    follow: Callable[..., Stream],
    three: list[str],
    other_site: str,
    decide_all: Callable[[], None],
):
    # Given
    other = client_with_key(client, other_site)
    stream = follow(other)

    # When
    post(other, id="theirs")
    decide_all()

    # Then
    assert stream.comment_ids(1) == ["theirs"]


def test_an_open_stream_ends_at_a_shutdown(
    app: Flask, client: FlaskClient, follow: Callable[..., Stream]
):
    # Given
    stream = follow()
    assert stream.frame()
    threading.Timer(0.2, app.extensions["moderation"].hub.close).start()

    # Then
    started = time.monotonic()
    while stream.frame():
        pass
    assert time.monotonic() - started < view.HEARTBEAT_S


class TestSoManyAtOnce:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, max_streams=2)

    def test_one_more_than_a_key_may_have_is_429_and_other_keys_are_not(
        self, client: FlaskClient, follow: Callable[..., Stream], record: Record
    ):
        # Given
        follow(), follow()

        # When
        refused = client.get(URL)

        # Then
        problem(refused, 429, "too-many-streams")
        assert int(refused.headers["Retry-After"]) == LEASE_S
        assert follow(client_with_key(client, record.sites.issue_key("demo"))).frame()

    def test_one_that_ends_makes_room_for_another_read_or_not(
        self, client: FlaskClient, follow: Callable[..., Stream]
    ):
        unread, read = follow(), follow()
        read.frame()
        for one in (unread, read):
            one.response.close()

            assert follow().frame()

        assert client.get(URL).status_code == 429

    def test_one_that_goes_on_renews_its_place(
        self,
        follow: Callable[..., Stream],
        record: Record,
        monkeypatch: pytest.MonkeyPatch,
    ):
        # Given
        assert view.RENEW_S < LEASE_S / 2
        monkeypatch.setattr(view, "RENEW_S", 0.0)
        monkeypatch.setattr(view, "HEARTBEAT_S", 0.01)
        stream = follow()
        key = record.connection.keys("*:event-streams:*")[0]
        before = record.connection.zrange(key, 0, -1, withscores=True)

        # When
        for _ in range(3):
            stream.frame()

        # Then
        after = record.connection.zrange(key, 0, -1, withscores=True)
        assert [one for one, _ in after] == [one for one, _ in before]
        assert after[0][1] > before[0][1]
