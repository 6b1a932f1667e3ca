"""The whole service as a newcomer starts it: real processes, real server, real HTTP."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from moderation.record import Record
from moderation.settings import Settings
from tests.conftest import Service, new_comment, start_service

pytestmark = pytest.mark.service

MODERATION = Path(sys.executable).with_name("moderation")
#: Everything is decided long before this; a busy machine takes ten times what a quiet one does.
RECOVERY_S = 60.0


def wait_until(condition: Callable[[], bool], seconds: float = RECOVERY_S) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def children(service: Service, *words: str) -> list[int]:
    """The pids of the service's processes whose command line holds all words."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with contextlib.suppress(OSError):
            if "State:\tZ" in (entry / "status").read_text():
                continue  # ended, and only its parent has not asked how
            group = os.getpgid(int(entry.name))
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if group == service.process.pid and all(word in command for word in words):
                found.append(int(entry.name))
    return found


def post_many(client: httpx.Client, count: int, prefix: str) -> list[str]:
    """Posts comments, each by an author of its own; the ids that were acknowledged."""
    acknowledged = []
    for number in range(count):
        body = new_comment(
            f"Remark number {number} on the opening hours of the library",
            id=f"{prefix}-{number}",
            author={"id": f"author-{prefix}-{number}"},
        )
        with contextlib.suppress(httpx.HTTPError):
            answer = client.post("/v1/articles/a1/comments", json=body)
            if answer.status_code == 202:
                acknowledged.append(body["id"])
    return acknowledged


def decisions(client: httpx.Client) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.get("/v1/decisions", params={"limit": "1000", **cursor}).json()
        if not page["decisions"]:
            return found
        found += page["decisions"]
        cursor = {"after": page["next"]}


def assert_each_decided_once(client: httpx.Client, ids: list[str]) -> None:
    made = [d["comment_id"] for d in decisions(client) if d["comment_id"] in set(ids)]
    assert sorted(made) == sorted(ids)
    for comment_id in ids[:: max(1, len(ids) // 20)]:
        comment = client.get(f"/v1/comments/{comment_id}").json()
        assert comment["status"] in {"approved", "held"}
        assert comment["revision"] == 1


def test_a_comment_gets_its_decision_within_the_request(service: Service) -> None:
    with service.client() as client:
        kind = client.post(
            "/v1/articles/a/comments",
            json=new_comment("Thank you for this thoughtful article", author={"id": "k1"}),
            headers={"Prefer": "wait=10"},
        )
        rude = client.post(
            "/v1/articles/a/comments",
            json=new_comment("You are a stupid idiot, shut up", author={"id": "k2"}),
            headers={"Prefer": "wait=10"},
        )
    assert kind.status_code == 201
    assert kind.headers["Preference-Applied"] == "wait=10"
    assert kind.json()["status"] == "approved"
    assert rude.json()["status"] == "held"
    assert rude.json()["decision"]["reasons"][0]["code"] == "score"


def test_sigterm_ends_every_part_cleanly(tmp_path: Path) -> None:
    service = start_service(tmp_path)
    with service.client() as client, client.stream("GET", "/v1/decisions/stream"):
        started = time.monotonic()
        assert service.stop() == 0
        assert time.monotonic() - started < 12
    assert children(service) == []


def test_a_second_service_on_the_same_data_is_refused_with_a_cure(service: Service) -> None:
    second = subprocess.run(
        [MODERATION, "run", "--port", "0", "--data-dir", str(service.data_dir)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert second.returncode != 0
    assert "--data-dir" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_taken_port_is_refused_with_a_cure(service: Service, tmp_path: Path) -> None:
    port = service.url.rpartition(":")[2]
    second = subprocess.run(
        [MODERATION, "run", "--port", port, "--data-dir", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert second.returncode != 0
    assert "--port" in second.stderr


def test_first_start_prints_its_secrets_once_and_not_on_stdout(tmp_path: Path) -> None:
    outputs = []
    for _ in range(2):
        process = subprocess.Popen(
            [MODERATION, "run", "--port", "0", "--data-dir", str(tmp_path)],
            env={k: v for k, v in os.environ.items() if not k.startswith("MODERATION_")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready http://")
        process.terminate()
        outputs.append(process.communicate(timeout=30))
    assert "API key" in outputs[0][1]
    assert "password" in outputs[0][1]
    assert "API key" not in outputs[1][1]
    assert "password" not in outputs[1][1]


def test_hundreds_of_streams_starve_nobody(own_service: Service) -> None:
    # Given 300 open streams
    limits = httpx.Limits(max_connections=None)
    with contextlib.ExitStack() as stack, own_service.client() as client:
        streaming = stack.enter_context(own_service.client(limits=limits))
        streams = [
            stack.enter_context(streaming.stream("GET", "/v1/decisions/stream"))
            for _ in range(300)
        ]
        # When a comment is posted
        started = time.monotonic()
        answer = client.post(
            "/v1/articles/a/comments", json=new_comment(), headers={"Prefer": "wait=10"}
        )
        # Then it is decided as ever, and every stream hears of it
        assert answer.status_code == 201
        assert client.get("/healthz").status_code == 200
        assert time.monotonic() - started < 5
        for stream in streams:
            events = stream.iter_lines()
            assert any(line.startswith("id: ") for line in events)


def test_commands_beside_the_service_find_it_through_its_data(service: Service) -> None:
    made = subprocess.run(
        [MODERATION, "site", "create", "beside", "--json", "--data-dir", service.data_dir],
        capture_output=True,
        text=True,
        check=True,
    )
    key = json.loads(made.stdout)["api_key"]
    answer = httpx.get(
        f"{service.url}/v1/policy", headers={"Authorization": f"Bearer {key}"}, timeout=10
    )
    assert answer.status_code == 200
    rotated = subprocess.run(
        [MODERATION, "site", "rotate-key", "beside", "--data-dir", service.data_dir],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "shown once" in rotated.stdout
    refused = httpx.get(
        f"{service.url}/v1/policy", headers={"Authorization": f"Bearer {key}"}, timeout=10
    )
    assert refused.status_code == 401


def test_a_crash_loop_is_reported(tmp_path: Path) -> None:
    # Given a release that cannot be loaded
    process = subprocess.Popen(
        [MODERATION, "run", "--port", "0", "--data-dir", str(tmp_path)],
        env={**os.environ, "MODERATION_RELEASE": str(tmp_path / "nothing")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    # When the worker dies of it again and again
    assert process.stderr is not None
    lines: list[str] = []
    watchdog = threading.Timer(2 * RECOVERY_S, process.kill)
    watchdog.start()
    for line in process.stderr:
        lines.append(line)
        if "keeps dying" in line:
            break
    process.terminate()
    process.communicate(timeout=30)
    watchdog.cancel()
    # Then it is said, with the reason, and without a trace
    text = "".join(lines)
    assert "worker 1 keeps dying" in text
    assert "cannot be used" in text
    assert "Traceback" not in text


def test_one_s_own_redis_is_used_when_it_is_named(redis_url: str, tmp_path: Path) -> None:
    record = Record(Settings(redis_url=redis_url))
    record.connection.flushall()
    service = start_service(tmp_path, MODERATION_REDIS_URL=redis_url)
    try:
        assert children(service, "valkey-server") == []
        with service.client() as client:
            answer = client.post(
                "/v1/articles/a/comments", json=new_comment(), headers={"Prefer": "wait=10"}
            )
        assert answer.status_code == 201
        assert record.sites.exists("demo")
    finally:
        service.stop()


def test_nobody_else_on_the_machine_can_read_the_data(service: Service) -> None:
    for path in service.data_dir.rglob("*"):
        if not path.is_socket() and path.name != "lock":
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
