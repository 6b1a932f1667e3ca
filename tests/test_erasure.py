"""The proof of erasure: afterwards the whole of Redis and every file is searched, byte by byte.

On a server of its own that keeps its files in the open: nothing compressed, every command in
its logs. Each search is shown to find what is there before.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import redis
from flask.testing import FlaskClient

from moderation import embedded
from moderation.app import create_app
from moderation.archive import Archive
from moderation.bootstrap import DEMO_SITE, bootstrap
from moderation.deliveries import Outcome
from moderation.desk.deciding import Desk, Verdict
from moderation.desk.upkeep import keeping
from moderation.domain import Action, Actor, Role, Violation
from moderation.labels import label_id
from moderation.record import Record
from moderation.record.connection import connect
from moderation.retention import Retention
from moderation.settings import Settings
from tests.conftest import API_KEY, AUTH, Service, close
from tests.deliveries import attempt_all, new_endpoint
from tests.fakes import RUDE, FakeRelease, judge_with
from tests.whole_redis import everything
from workers import scoring
from workers.scoring import Drain, Station

ANNA = Actor("anna", DEMO_SITE, Role.MODERATOR)
REWRITE_S, SWEPT_S = 30, 90

AUTHOR = {
    "id": "mark-author/7",
    "name": "mark-name",
    "email": "mark-mail@example.org",
    "ip": "203.0.113.77",
    "user_agent": "mark-agent",
}
#: What nobody else says. The address must not be there at any time.
MARKS = (
    b"mark-text",
    b"mark-author",
    b"mark-name",
    b"mark-mail",
    b"mark-agent",
    b"mark-title",
    b"mark-note",
    b"mark-reason",
    b"mark-reporter",
    b"mark-key",
)
ADDRESS = b"203.0.113.77"


@dataclass
class House:
    """A server of its own, and the service on it."""

    data_dir: Path
    raw: redis.Redis
    record: Record
    client: FlaskClient
    archive: Archive
    decide_all: Callable[[], None]

    def in_redis(self) -> set[bytes]:
        """The marks that are anywhere in Redis: names, values, the logs of commands."""
        found: set[bytes] = set()
        for text in everything(self.raw):
            found |= marks_in(text.encode())
        for log in ("slow", "large-request", "large-reply"):
            kept: Any = self.raw.execute_command("COMMANDLOG", "GET", -1, log)
            found |= marks_in(repr(kept).encode())
        return found

    def in_files(self) -> set[bytes]:
        """The marks that are in any file of the data folder."""
        files = [one for one in self.data_dir.rglob("*") if one.is_file()]
        return set().union(*(marks_in(one.read_bytes()) for one in files))

    def rewrite_files(self) -> None:
        """What the sweeper does after erasures, to its end."""
        assert self.record.upkeep.has_traces
        assert self.record.upkeep.clear_traces()
        deadline = time.monotonic() + REWRITE_S
        while True:
            told: Any = self.raw.info("persistence")
            if not told["aof_rewrite_in_progress"] and not told["aof_rewrite_scheduled"]:
                return
            assert time.monotonic() < deadline
            time.sleep(0.02)


def marks_in(text: bytes) -> set[bytes]:
    return {one for one in (*MARKS, ADDRESS) if one in text}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(scoring, "LINGER_MS", 1)
    data_dir, url = tmp_path / "var", embedded.embedded_url(tmp_path / "var")
    command = embedded.server_command(data_dir, appendfsync="everysec")
    options = ["--rdbcompression", "no", "--slowlog-log-slower-than", "0"]
    options += ["--slowlog-max-len", "100000"]
    process = subprocess.Popen([*command, *options])
    embedded.wait_until_answers(url, alive=lambda: process.poll() is None, wait_s=30)
    settings = Settings(redis_url=url, api_key=API_KEY, admin_password="a long password")
    app, record = create_app(settings), Record(settings)
    bootstrap(record, settings)
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = AUTH["Authorization"]
    judge = judge_with(record, FakeRelease())
    station = Station("test-worker", record.queue, judge, threading.Event())
    yield House(
        data_dir,
        connect(url, text=False),
        record,
        client,
        Archive(tmp_path / "archive"),
        lambda: Drain(station).run(),
    )
    close(app)
    embedded.shut_down(url)
    process.wait(10)


def live_everywhere(house: House) -> None:
    """One person's comments go wherever a comment can go, in the record and beside it."""
    client, record = house.client, house.record
    endpoint = new_endpoint(record)
    body = {"author": AUTHOR, "article": {"url": "https://x.example", "title": "mark-title"}}

    def post(comment_id: str, text: str, **headers: str) -> None:
        answer = client.post(
            "/v1/articles/a1/comments",
            json=body | {"id": comment_id, "text": f"mark-text {text}"},
            headers=headers,
        )
        assert answer.status_code == 202

    # Archived, approved, held with all that people do, in a batch, and pending.
    post("archived", "once upon a time")
    house.decide_all()
    later = datetime.now(UTC) + timedelta(days=9)
    with keeping(record, house.archive, now=lambda: later) as keeper:
        rules = Retention(comments=1, personal=None)
        assert keeper.sweep(DEMO_SITE, rules).archived == 1
    post("approved", "good morning", **{"Idempotency-Key": "mark-key"})
    post("held", f"you {RUDE}")
    rows = [body | {"article_id": f"a{n}", "text": f"mark-text {n}"} for n in range(3)]
    assert client.post("/v1/comments/batch", json={"comments": rows}).status_code == 202
    house.decide_all()
    report = {"reason": "mark-reason", "reporter_id": "mark-reporter"}
    client.post("/v1/comments/approved/reports", json=report)
    Desk(record).decide(ANNA, "held", Verdict(Action.REJECT, Violation.SPAM, note="mark-note"))
    attempt_all(record, endpoint, Outcome.PARKED)
    post("pending", "later")
    # They said something about somebody else, too.
    client.post(
        "/v1/articles/a1/comments",
        json={"id": "zoe's", "text": "Hello", "author": {"id": "zoe"}},
    )
    house.decide_all()
    about_zoe = {"reason": "mark-reason", "reporter_id": AUTHOR["id"]}
    client.post("/v1/comments/zoe's/reports", json=about_zoe)
    post("waiting", "even later")


@contextmanager
def worker(house: House) -> Iterator[None]:
    """Somebody who answers questions meanwhile."""
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            house.decide_all()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()


def speak_through_every_dropin(client: FlaskClient) -> None:
    """The same person, by the doors that store no comment: questions and suggestions."""
    asked, known = "mark-text asked", "mark-text good morning"
    perspective = {"comment": {"text": asked}, "requestedAttributes": {"TOXICITY": {}}}
    suggested = {
        "comment": {"text": known},
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}},
        "clientToken": "mark-name",
        "communityId": "mark-author",
    }
    akismet = {
        "api_key": API_KEY,
        "blog": "https://blog.example.org",
        "user_ip": AUTHOR["ip"],
        "user_agent": AUTHOR["user_agent"],
        "comment_author": AUTHOR["name"],
        "comment_author_email": AUTHOR["email"],
    }
    query = {"key": API_KEY}
    answers = [
        client.post("/v1/score", json={"texts": [asked]}),
        client.post("/v1/moderations", json={"input": asked}),
        client.post("/v1alpha1/comments:analyze", query_string=query, json=perspective),
        client.post("/v1alpha1/comments:suggestscore", query_string=query, json=suggested),
        client.post("/1.1/comment-check", data=akismet | {"comment_content": asked}),
        client.post("/1.1/submit-spam", data=akismet | {"comment_content": known}),
    ]
    assert [one.status_code for one in answers] == [200] * len(answers)


def test_nothing_of_an_erased_author_is_left_in_redis_or_in_any_file(house: House) -> None:
    # Given
    live_everywhere(house)
    with worker(house):
        speak_through_every_dropin(house.client)
    assert house.record.labels.stored(DEMO_SITE, [label_id("mark-text good morning")])
    time.sleep(1.1)  # the file is written once a second
    assert house.in_redis() == set(MARKS) - {b"mark-key"}
    assert house.in_files() >= set(MARKS) - {b"mark-key"}

    # When
    author = quote(AUTHOR["id"], safe="")
    assert house.client.delete(f"/v1/authors/{author}").status_code == 204
    with keeping(house.record, house.archive) as keeper:
        assert keeper.erase_wanted(DEMO_SITE) == 1
    house.rewrite_files()

    # Then
    assert house.in_redis() == set()
    assert house.in_files() == set()
    assert house.archive.files(DEMO_SITE) == []
    assert house.client.get("/v1/comments/zoe's").status_code == 200


def test_personal_fields_whose_time_is_over_are_nowhere(house: House) -> None:
    # Given
    personal = {b"mark-mail", b"mark-agent"}
    live_everywhere(house)
    house.client.delete("/v1/comments/waiting")  # pending: it would keep them
    time.sleep(1.1)
    assert house.in_files() >= personal

    # When
    later = datetime.now(UTC) + timedelta(days=31)
    with keeping(house.record, house.archive, now=lambda: later) as keeper:
        keeper.sweep(DEMO_SITE, replace(Retention(), personal=30))
    house.rewrite_files()

    # Then
    assert house.in_redis() & personal == set()
    assert house.in_files() & personal == set()
    assert house.client.get("/v1/comments/approved").json["author"]["name"] == "mark-name"


def test_a_running_service_sweeps_by_itself(service: Service) -> None:
    record = Record(Settings(redis_url=embedded.embedded_url(service.data_dir)))
    deadline = time.monotonic() + SWEPT_S
    while not record.upkeep.swept_at(DEMO_SITE):
        assert time.monotonic() < deadline
        time.sleep(0.1)
