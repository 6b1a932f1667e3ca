"""Redis, API and workers on hosts of their own; one is cut off while comments come."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from moderation.bootstrap import DEMO_SITE, bootstrap
from moderation.embedded import server_binary
from moderation.record import Record
from moderation.settings import Settings
from tests.conftest import ADMIN_PASSWORD, API_KEY, AUTH
from tests.scale.hosts import Host, hosts, unavailable
from tests.scale.posting import all_decided, posting
from tests.scale.servers import HOST, wait_until

pytestmark = pytest.mark.service

WORKERS = ("worker-1", "worker-2")


@dataclass(frozen=True)
class Site:
    """The service on its hosts: its record as Redis' own host shows it, its API."""

    hosts: dict[str, Host]
    record: Record
    client: httpx.Client

    def post(self, body: dict[str, Any]) -> int:
        """Posts one comment; the status of the answer."""
        return self.client.post("/v1/articles/a1/comments", json=body).status_code

    def workers_alive(self) -> int:
        """How many workers were heard of lately."""
        return sum(one.alive for one in self.record.operations.workers())


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Redis, an API process and two workers, each on a host of its own."""
    if reason := unavailable():
        pytest.skip(reason)
    local = tmp_path / "redis.sock"
    with ExitStack() as stack:
        there = stack.enter_context(hosts(["redis", "api", *WORKERS]))
        stack.enter_context(_running(there["redis"], _redis(there["redis"], local), tmp_path))
        settings = Settings(
            redis_url=f"redis://{there['redis'].address}",
            api_key=API_KEY,
            admin_password=ADMIN_PASSWORD,
            api_processes=1,
        )
        record = Record(replace(settings, redis_url=f"unix://{local}"))
        stack.enter_context(closing(record.connection))
        stack.enter_context(closing(record.rq_connection))
        wait_until(record.connection.ping, "Redis")
        bootstrap(record, settings)
        # The API listens on this host, and speaks to Redis from its own.
        listener = stack.enter_context(socket.create_server((HOST, 0)))
        fd = listener.fileno()
        api = _part("api", "--listen-fd", str(fd))
        stack.enter_context(_running(there["api"], api, tmp_path, settings, pass_fds=[fd]))
        for name in WORKERS:
            stack.enter_context(_running(there[name], _part("worker"), tmp_path, settings))
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        client = stack.enter_context(httpx.Client(base_url=url, headers=AUTH, timeout=30))
        running = Site(there, record, client)
        wait_until(lambda: running.workers_alive() == len(WORKERS), "the workers")
        yield running


def _redis(host: Host, local: Path) -> list[str]:
    return [
        *(server_binary(), "--bind", host.address, "--protected-mode", "no"),
        *("--unixsocket", str(local), "--appendonly", "yes", "--dir", str(local.parent)),
    ]


def _part(role: str, *arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "moderation", role, *arguments]


@contextmanager
def _running(
    host: Host,
    command: Sequence[str],
    folder: Path,
    settings: Settings | None = None,
    pass_fds: Sequence[int] = (),
) -> Iterator[None]:
    """A process on a host, as long as this lasts."""
    environ = dict(os.environ) | (settings.to_environ() if settings else {})
    with (folder / f"{host.name}.log").open("a") as log:
        process = subprocess.Popen(
            host.command(*command), env=environ, stdout=log, stderr=log, pass_fds=pass_fds
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def test_what_a_worker_had_that_is_cut_off_another_takes_over(site: Site) -> None:
    lost = site.hosts[WORKERS[0]]
    with posting(site.post, "site") as poster:
        poster.wait_for(50)
        # When a worker's host is cut off, be it with comments in its hands
        lost.cut()
        poster.wait_for(50)
        so_far = list(poster.acknowledged)
        # Then what came until now is decided without it
        wait_until(lambda: all_decided(site.record, DEMO_SITE, so_far), "the rest")
        # And when it is back, it works again
        lost.mend()
        wait_until(lambda: site.workers_alive() == len(WORKERS), "the worker's return")
    # Then all that was acknowledged was decided, once: what the lost one still sent late
    # changed nothing
    wait_until(lambda: all_decided(site.record, DEMO_SITE, poster.acknowledged), "the last")
    assert poster.refused == 0
