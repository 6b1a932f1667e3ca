"""Secrets and strangers' words come out nowhere: a running service, canaries, and a search.

The service uses a Redis of others, over TLS, as the user whom docs/operating.md makes, so that
this is proven along the way: it needs nothing else there. Each secret and each text is a string
that stands nowhere else. Everything that can go wrong does, at the most talkative level of the
log, and then all that the service wrote is searched.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx
import pytest
import redis

from moderation import embedded
from moderation.record.connection import connect
from tests.conftest import READY_S, Service, new_comment
from tests.moderation.test_connection import self_signed, tls_front
from tests.receivers import receiver
from tests.test_service import children, wait_until

pytestmark = pytest.mark.service

#: What the service is told and has to keep to itself.
SECRETS = {
    "MODERATION_API_KEY": "canary-api-key-1f0c",
    "MODERATION_ADMIN_PASSWORD": "canary-admin-password-2b9d",
    "MODERATION_OIDC_CLIENT_SECRET": "canary-oidc-secret-3e7a",
}
#: What strangers send: words, a line that passes for one of the log, colours of a terminal.
FORGED = "canary-words\r\n2026-11-28 12:00:00 ERROR forged: canary-line\x1b[31m%s%(x)s{0}"
EMAIL, ADDRESS = "canary-reader@example.org", "203.0.113.77"
WRONG_KEY, WRONG_PASSWORD = "canary-wrong-key", "canary-wrong-password"
REDIS_PASSWORD = "canary-redis-pass"
#: What the service asks for and does without: how the server is configured.
DISPENSABLE = {"config|get"}
COMMAND = Path(sys.executable).with_name("moderation")


@dataclass(frozen=True)
class World:
    """A running service, the Redis that it uses, and the file that it logs into."""

    service: Service
    redis: redis.Redis
    log: Path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A service with all secrets set that logs all it can, on a Redis that trusts nobody."""
    folder = tmp_path_factory.mktemp("secrets")
    key, certificate = self_signed(folder)
    with (
        server(folder / "redis") as url,
        tls_front(url.removeprefix("unix://"), key, certificate) as port,
        (folder / "log").open("wb") as log,
    ):
        connection = connect(url)
        connection.execute_command(*acl_line())
        login = f"moderation:{REDIS_PASSWORD}@localhost:{port}"
        process = start(f"rediss://{login}/0?ssl_ca_certs={certificate}", folder, log)
        try:
            yield World(ready(process, folder), connection, folder / "log")
        finally:
            process.terminate()
            process.wait(60)
            assert process.stdout is not None
            process.stdout.close()
            connection.close()


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The URL of a server of our own."""
    url = embedded.embedded_url(folder)
    process = subprocess.Popen(embedded.server_command(folder, appendfsync="everysec"))
    try:
        embedded.wait_until_answers(url, alive=lambda: process.poll() is None, wait_s=30)
        yield url
    finally:
        embedded.shut_down(url)
        process.wait(10)


def acl_line() -> list[str]:
    """The command of docs/operating.md that makes the service's user, with our password."""
    page = (Path(__file__).parent.parent / "docs/operating.md").read_text(encoding="utf-8")
    [line] = [line for line in page.splitlines() if line.startswith("ACL SETUSER moderation ")]
    return line.replace(">PASSWORD", f">{REDIS_PASSWORD}").split()


def start(url: str, folder: Path, log: IO[bytes]) -> subprocess.Popen[str]:
    """Starts the service."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MODERATION_")}
    told = SECRETS | {
        "MODERATION_REDIS_URL": url,
        "MODERATION_LOG_LEVEL": "DEBUG",
        "MODERATION_LOG_REQUESTS": "on",
        "MODERATION_WEBHOOKS_ALLOW_PRIVATE": "on",
        "MODERATION_OIDC_ISSUER": "https://localhost:1",
        "MODERATION_OIDC_CLIENT_ID": "moderation",
    }
    return subprocess.Popen(
        [COMMAND, "run", "--port", "0", "--data-dir", folder / "data"],
        env=clean | told,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        start_new_session=True,
    )


def ready(process: subprocess.Popen[str], folder: Path) -> Service:
    """The service, once it takes comments."""
    assert process.stdout is not None
    watchdog = threading.Timer(2 * READY_S, process.kill)
    watchdog.start()
    line = process.stdout.readline()
    watchdog.cancel()
    assert line.startswith("ready http://"), (folder / "log").read_text()[-2_000:]
    return Service(process, line.split()[1], SECRETS["MODERATION_API_KEY"], folder / "data")


@pytest.mark.timeout(400)
def test_a_redis_user_with_few_rights_suffices_for_the_whole_way(world: World) -> None:
    with world.service.client() as client, receiver() as there:
        # Given an endpoint and a comment that was decided
        client.post("/v1/webhooks", json={"url": there.url}).raise_for_status()
        answer = client.post(
            "/v1/articles/a1/comments",
            json=new_comment(id="whole-way"),
            headers={"Prefer": "wait=30"},
        )
        assert answer.status_code == 201
        wait_until(lambda: "whole-way" in there.comment_ids())
        # When a person decides, asks for a training, and erases
        record = run_command("moderator", "token", "admin", **environ_of(world))
        staff = {"Authorization": f"Bearer {record.split()[-1]}"}
        decided = client.post(
            "/v1/comments/whole-way/decision", json={"action": "reject"}, headers=staff
        )
        assert decided.status_code == 200, decided.text
        trained = client.post("/v1/trainings", json={}, headers=staff)
        assert trained.status_code in (202, 409, 422), trained.text
        assert client.get("/v1/queue", headers=staff).status_code == 200
        assert client.delete("/v1/comments/whole-way").status_code in (200, 204)
        assert client.get("/metrics").status_code == 200
        wait_until(lambda: len(there.received) >= 2)

    # Then nothing was refused: not a command, not a key, not a channel
    denied = {one["object"] for one in world.redis.acl_log() if one["reason"] != "auth"}
    assert denied <= DISPENSABLE


def environ_of(world: World) -> dict[str, str]:
    """What a command needs to work on the service's record."""
    path = world.redis.connection_pool.connection_kwargs["path"]
    return {"MODERATION_REDIS_URL": f"unix://{path}"}


def provoke(world: World) -> list[str]:
    """Makes everything go wrong that can; secrets that the service made on the way."""
    made: list[str] = []
    with world.service.client() as client, receiver(lambda _: 500) as refusing:
        hooks = (refusing.url, "http://127.0.0.1:1/canary-hook-path")
        made += [
            client.post("/v1/webhooks", json={"url": url}).json()["secret"] for url in hooks
        ]
        author = {"id": "canary-author", "email": EMAIL, "ip": ADDRESS, "name": FORGED}
        for number in range(3):
            client.post(
                "/v1/articles/canary-article/comments",
                json=new_comment(f"{FORGED} {number}", author=author, id=f"c{number}"),
                headers={"Prefer": "wait=10"},
            )
        send_nonsense(client)
        made += sign_in(client)
        wait_until(lambda: len(refusing.received) > 0)
    break_the_record(world)
    return made


def send_nonsense(client: httpx.Client) -> None:
    """Canaries in every part of a request, most of which is refused."""
    path = "/v1/comments/canary-path%0d%0aERROR%20forged%1b%5b31m"
    for method in ("GET", "DELETE", "POST", "CANARY-METHOD"):
        client.request(method, path, params={"canary-query": FORGED})
    for body in (FORGED.encode(), json.dumps({"canary-field": FORGED}).encode()):
        client.post("/v1/articles/a/comments", content=body)
        client.post("/v1/articles/a/comments", content=body, headers={"content-type": "x/json"})
    headers = {
        "User-Agent": "canary-agent",
        "X-Request-Id": "canary id",
        "X-Forwarded-For": ADDRESS,
    }
    client.get("/v1/policy", headers=headers | {"Authorization": f"Bearer {WRONG_KEY}"})
    client.post("/1.1/comment-check", data={"api_key": WRONG_KEY, "comment_content": FORGED})
    client.post(
        "/v1alpha1/comments:analyze", params={"key": WRONG_KEY}, content=FORGED.encode()
    )
    client.post("/v1/moderations", json={"input": FORGED})


def sign_in(client: httpx.Client) -> list[str]:
    """Signs in, with a wrong password first; the cookie and the token that it got."""
    for password in (WRONG_PASSWORD, SECRETS["MODERATION_ADMIN_PASSWORD"]):
        client.post(
            "/console/sign-in",
            data={"name": "admin", "password": password},
            headers={"Origin": str(client.base_url).rstrip("/")},
        )
    client.get("/console/oidc")
    return [value for value in client.cookies.values() if len(value) > 16]


def break_the_record(world: World) -> None:
    """Lets the service stumble over JSON that is none, in its own keys."""
    world.redis.hset("moderation:{0}:policy:demo", mapping={"version": "9", "body": FORGED})
    with world.service.client() as client:
        assert client.get("/v1/policy").status_code == 500
        client.post(
            "/v1/articles/a/comments",
            json=new_comment(FORGED, id="c9"),
            headers={"Prefer": "wait=3"},
        )


def written(world: World) -> dict[str, str]:
    """All that a running service lets out: where it stands → what it says."""
    jobs = [world.redis.hgetall(key) for key in world.redis.scan_iter("rq:job:*")]
    with world.service.client() as client:
        pages = {path: client.get(path).text for path in ("/metrics", "/readyz", "/v1/policy")}
    return pages | {
        "the log": world.log.read_text(errors="replace"),
        "arguments": "".join(
            Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
            for pid in children(world.service)
        ),
        "jobs": repr(jobs),
        "settings": run_command("settings", **SECRETS),
    }


def run_command(*arguments: str, **environ: str) -> str:
    """What a command prints, however it ends."""
    done = subprocess.run(
        [COMMAND, *arguments],
        env=os.environ | environ,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=120,
    )
    return done.stdout + done.stderr


@pytest.mark.timeout(400)
def test_no_secret_and_no_word_of_a_stranger_comes_out(world: World) -> None:
    made = provoke(world)
    said = written(world)

    hidden = {*SECRETS.values(), *made, EMAIL, ADDRESS, WRONG_KEY, WRONG_PASSWORD}
    hidden.add(REDIS_PASSWORD)
    hidden |= {"canary-words", "canary-line", "canary-query", "canary-field", "canary-agent"}
    leaks = {(place, one) for place, text in said.items() for one in hidden if one in text}
    assert len(made) >= 3
    assert "unexpected error" in said["the log"], "nothing went wrong: nothing is proven"
    assert not leaks
    assert "\x1b" not in said["the log"]
    assert not [
        line for line in said["the log"].splitlines() if line.startswith("ERROR forged")
    ]


@pytest.mark.parametrize(
    "url",
    [
        f"redis://user:{REDIS_PASSWORD}@127.0.0.1:1/0",
        f"redis://:{REDIS_PASSWORD}@127.0.0.1:port/0",
        f"redis://user:{REDIS_PASSWORD}#x/y?z@127.0.0.1:1/0",
        f"rediss://127.0.0.1:1/0?password={REDIS_PASSWORD}",
        f"sentinel://user:{REDIS_PASSWORD}@127.0.0.1:1",
        f"redis+cluster://user:{REDIS_PASSWORD}@",
    ],
)
def test_no_command_tells_the_password_of_a_redis_that_it_cannot_use(url: str) -> None:
    said = run_command("site", "list", MODERATION_REDIS_URL=url)

    assert said
    assert REDIS_PASSWORD not in said
    assert "Traceback" not in said


def test_a_mistyped_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    environ: dict[str, Any] = {"MODERATION_API_KEYS": "canary-mistyped"}

    assert "canary-mistyped" not in run_command("settings", **environ)
