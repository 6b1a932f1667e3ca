"""Redis away, full, or read-only: 503 and when to try again; and back by itself."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from moderation import embedded
from moderation.app import create_app
from moderation.bootstrap import bootstrap
from moderation.record import Record
from moderation.settings import Settings
from tests.api.checks import post, problem, read
from tests.api.test_operations import samples
from tests.conftest import API_KEY, AUTH, close, new_comment


class OwnServer:
    """A server that a test may stop and start again, and a client of a service on it."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self.url = embedded.embedded_url(data_dir)
        self.start()
        settings = Settings(redis_url=self.url, api_key=API_KEY, admin_password="p")
        self.record = Record(settings)
        bootstrap(self.record, settings)
        self.app = create_app(settings)
        self.client: FlaskClient = self.app.test_client()
        self.client.environ_base["HTTP_AUTHORIZATION"] = AUTH["Authorization"]

    def start(self) -> None:
        command = embedded.server_command(self._data_dir, appendfsync="everysec")
        self._process = subprocess.Popen(command)
        embedded.wait_until_answers(self.url, alive=lambda: True, wait_s=10)

    def stop(self) -> None:
        embedded.shut_down(self.url)
        self._process.wait(10)

    def close(self) -> None:
        close(self.app)
        self.record.connection.close()
        self.record.rq_connection.close()
        self.stop()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[OwnServer]:
    """A server of the test's own."""
    server = OwnServer(tmp_path)
    yield server
    server.close()


def unavailable(response) -> None:
    problem(response, 503, "unavailable")
    assert int(response.headers["Retry-After"]) > 0


def test_away_is_503_and_the_service_recovers_by_itself(own: OwnServer):
    # Given
    client = own.client
    post(client, id="before")

    # When
    own.stop()

    # Then
    unavailable(client.post("/v1/articles/a1/comments", json=new_comment()))
    unavailable(
        client.post(
            "/v1/articles/a1/comments", json=new_comment(), headers={"Prefer": "wait=1"}
        )
    )
    unavailable(client.get("/v1/comments/before"))
    unavailable(client.get("/v1/decisions/stream"))
    unavailable(client.post("/v1/score", json={"texts": ["t"]}))
    assert client.get("/healthz").status_code == 200
    assert "Redis" in problem(client.get("/readyz"), 503, "not-ready")["detail"]
    assert samples(client) == {("moderation_redis_up", ()): 0.0}

    # When
    own.start()

    # Then
    assert read(client, "before")["status"] == "pending"
    post(client, id="after")


@pytest.mark.parametrize(
    ("setting", "value"), [("min-replicas-to-write", 1), ("maxmemory", "1mb")]
)
def test_a_server_that_takes_no_writes_takes_no_comments(
    own: OwnServer, setting: str, value: object, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("moderation.overload.SAMPLE_EVERY_S", 0.0)
    own.record.connection.config_set(setting, value)

    refused = own.client.post("/v1/articles/a1/comments", json=new_comment())
    problem(refused, 503)
    assert int(refused.headers["Retry-After"]) > 0
    assert own.client.get("/healthz").status_code == 200

    own.record.connection.config_set(setting, 0)
    post(own.client)


def test_scripts_are_sent_again_to_a_server_that_forgot_them(own: OwnServer):
    post(own.client, id="c1")

    own.record.connection.script_flush()

    post(own.client, id="c2")
