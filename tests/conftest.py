"""What all tests share: a real server of our own, a clean record, an application on it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from moderation import embedded
from moderation.app import create_app
from moderation.bootstrap import DEMO_SITE, bootstrap
from moderation.clerk import Clerk
from moderation.feed import Hub
from moderation.overload import Gate
from moderation.record import Record, passwords
from moderation.settings import Settings, variable
from tests.fakes import FakeRelease, judge_with
from workers import scoring
from workers.scoring import Drain, Station

# A machine that has other things to do is no defect of what is tested.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

API_KEY = "test-key"
ADMIN_PASSWORD = "test-password"
SECRETS = {"MODERATION_API_KEY": API_KEY, "MODERATION_ADMIN_PASSWORD": ADMIN_PASSWORD}
AUTH = {"Authorization": f"Bearer {API_KEY}"}
READY_S = 60.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with services and browsers come first: none is what all wait for at the end."""
    items.sort(key=lambda item: item.get_closest_marker("service") is None)


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real server that lives as long as the test run."""
    data_dir = tmp_path_factory.mktemp("redis")
    url = embedded.embedded_url(data_dir)
    command = embedded.server_command(data_dir, appendfsync="everysec")
    process = subprocess.Popen(command)
    try:
        embedded.wait_until_answers(url, alive=lambda: process.poll() is None, wait_s=10)
        yield url
    finally:
        embedded.shut_down(url)
        process.wait(10)


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hashes passwords as quickly as can be: a good hash is slow on purpose."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", quick)
        yield


@pytest.fixture(scope="session")
def routed(redis_url: str) -> Flask:
    """An application for copies: to make its routes takes longer than most tests do."""
    return create_app(_settings(redis_url))


def _settings(redis_url: str) -> Settings:
    return Settings(redis_url=redis_url, api_key=API_KEY, admin_password=ADMIN_PASSWORD)


@pytest.fixture
def settings(redis_url: str) -> Settings:
    """Settings on the test server, with known secrets."""
    return _settings(redis_url)


@pytest.fixture
def record(settings: Settings) -> Iterator[Record]:
    """An empty record with the site `demo` in it."""
    record = Record(settings)
    record.connection.flushall()
    bootstrap(record, settings)
    yield record
    record.connection.close()
    record.rq_connection.close()


@pytest.fixture
def app(routed: Flask, settings: Settings, record: Record) -> Iterator[Flask]:
    """The application on the clean record; it remembers nothing of other tests."""
    app = copy(routed)
    app.extensions = dict(routed.extensions)
    made, own = routed.extensions["moderation"], Record(settings)
    app.extensions["moderation"] = replace(
        made,
        settings=settings,
        record=own,
        hub=Hub(own.decisions),
        clerk=Clerk(own),
        gate=Gate.of(own, settings),
    )
    yield app
    made.figures.flush()
    close(app)


def close(app: Flask) -> None:
    """Ends what an application keeps open."""
    services = app.extensions["moderation"]
    services.hub.close()
    services.clerk.close()
    services.record.connection.close()
    services.record.rq_connection.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client that carries the key of the site `demo`."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = AUTH["Authorization"]
    return client


@pytest.fixture
def release() -> FakeRelease:
    """The classifier that the in-process worker uses."""
    return FakeRelease()


@pytest.fixture
def decide_all(
    record: Record, release: FakeRelease, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], None]:
    """Does what a worker does until nothing waits, in this process."""
    monkeypatch.setattr(scoring, "LINGER_MS", 1)
    station = Station(
        "test-worker", record.queue, judge_with(record, release), threading.Event()
    )
    return lambda: Drain(station).run()


@pytest.fixture
def background_worker(
    record: Record, release: FakeRelease, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A worker in a thread, for requests that wait for it."""
    monkeypatch.setattr(scoring, "LINGER_MS", 20)
    stop = threading.Event()
    station = Station("test-worker", record.queue, judge_with(record, release), stop)

    def work() -> None:
        while not stop.is_set():
            Drain(station).run()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.fixture
def other_site(record: Record) -> str:
    """The API key of a second site."""
    record.sites.create("other", "Other")
    return record.sites.issue_key("other")


@dataclass
class Service:
    """A running `moderation run`."""

    process: subprocess.Popen[str]
    url: str
    api_key: str
    data_dir: Path

    def client(self, **kwargs: Any) -> httpx.Client:
        """An HTTP client that carries the site's key."""
        headers = {"Authorization": f"Bearer {self.api_key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, **kwargs)

    def kill_group(self) -> None:
        """kill -9 of everything at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        self._close()

    def stop(self) -> int:
        """SIGTERM, and the exit status."""
        self.process.terminate()
        status = self.process.wait(40)
        self._close()
        return status

    def _close(self) -> None:
        if self.process.stdout:
            self.process.stdout.close()


def start_service(data_dir: Path, *arguments: str, **environ: str) -> Service:
    """Starts `moderation run` as a newcomer would and waits for its `ready` line."""
    command = [Path(sys.executable).with_name("moderation"), "run", "--port", "0"]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MODERATION_")}
    process = subprocess.Popen(
        [*command, "--data-dir", str(data_dir), *arguments],
        env=clean | SECRETS | environ,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    watchdog = threading.Timer(READY_S, process.kill)
    watchdog.start()
    line = process.stdout.readline()
    watchdog.cancel()
    assert line.startswith("ready http://"), f"not ready: {line!r}"
    return Service(process, line.split()[1], API_KEY, data_dir)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The whole service, running, for tests that only use it."""
    running = start_service(tmp_path_factory.mktemp("service"))
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.fixture
def own_service(tmp_path: Path) -> Iterator[Service]:
    """A service of the test's own, to be ill-treated."""
    running = start_service(tmp_path)
    yield running
    running.kill_group()


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Runs commands in this process, with none of the machine's own settings."""
    for one in fields(Settings):
        monkeypatch.delenv(variable(one), raising=False)
    return CliRunner()


def new_comment(
    text: str = "A thoughtful remark on the library", **more: Any
) -> dict[str, Any]:
    """The body of a valid comment."""
    return {"text": text, "author": {"id": "anna"}, **more}


__all__ = ["AUTH", "DEMO_SITE", "Service", "new_comment", "start_service"]
