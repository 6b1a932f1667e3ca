"""The examples of docs/clients.md do what the page says, as they stand there."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from uuid import uuid4

import pytest
from standardwebhooks import WebhookVerificationError

from moderation.delivery import envelopes, signing
from moderation.encoding import compact_json
from tests.conftest import Service, new_comment
from tests.dropins.conftest import RunNode

PAGE = Path(__file__).parents[2] / "docs/clients.md"
EXAMPLES = dict(
    re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
)
#: Long enough for a busy machine; nothing waits that long on a quiet one.
PATIENCE_S = 60
DECISION = {"comment_id": "c-1", "revision": 1, "action": "hold"}


class Message:
    """A webhook as the service sends it."""

    def __init__(self) -> None:
        self.secret = signing.new_secret()
        payload = envelopes.standard("decision.created", datetime.now(UTC), DECISION)
        self.body = compact_json(payload).encode()
        self.headers = signing.headers([self.secret], "msg_1", int(time.time()), self.body)


@pytest.fixture
def message() -> Message:
    return Message()


@pytest.fixture
def environ(service: Service, message: Message) -> dict[str, str]:
    """What the page tells to set."""
    return os.environ | {
        "MODERATION_URL": service.url,
        "MODERATION_API_KEY": service.api_key,
        "MODERATION_WEBHOOK_SECRET": message.secret,
    }


def test_the_page_has_an_example_for_each_that_its_title_names() -> None:
    assert list(EXAMPLES) == ["sh", "python", "js", "php"]


@pytest.mark.service
@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl here")
class TestCurl:
    POST, READ, STREAM = EXAMPLES["sh"].split("\n\n")

    def run(self, command: str, environ: dict[str, str]) -> dict:
        finished = subprocess.run(
            ["sh", "-c", command], env=environ, capture_output=True, text=True, check=True
        )
        return json.loads(finished.stdout)

    def test_it_posts_reads_and_follows(self, environ: dict[str, str]) -> None:
        posted = self.run(self.POST, environ)
        assert posted["status"] == "approved"
        assert self.run(self.READ, environ) == posted
        with started(["sh", "-c", f"exec {self.STREAM}"], environ) as process:
            assert process.stdout is not None
            told = next(line for line in process.stdout if posted["id"] in line)
        assert json.loads(told.removeprefix("data: ")) == posted["decision"]


@pytest.mark.service
class TestPython:
    @pytest.fixture
    def example(
        self, tmp_path: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[ModuleType]:
        """The example as a module."""
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        path = tmp_path / "comments.py"
        path.write_text(EXAMPLES["python"], encoding="utf-8")
        spec = importlib.util.spec_from_file_location("comments", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module
        module.service.close()

    def test_it_runs_as_it_stands(self, tmp_path: Path, environ: dict[str, str]) -> None:
        path = tmp_path / "comments.py"
        path.write_text(EXAMPLES["python"], encoding="utf-8")

        finished = subprocess.run(
            [sys.executable, path], env=environ, capture_output=True, text=True, check=True
        )

        status, scores = finished.stdout.splitlines()
        assert status == "approved"
        assert "'toxicity':" in scores

    def test_it_follows_every_decision_and_goes_on_where_it_was(
        self, example: ModuleType
    ) -> None:
        ids = [uuid4().hex for _ in range(3)]
        for one in ids:
            example.post("an/article?", new_comment(id=one))

        feed = example.follow()
        cursor = next(cursor for cursor, told in feed if told["comment_id"] == ids[0])
        feed.close()
        feed = example.follow(cursor)
        assert [next(feed)[1]["comment_id"] for _ in range(2)] == ids[1:]
        feed.close()

    def test_it_takes_a_webhook_of_ours_and_no_other(
        self, example: ModuleType, message: Message
    ) -> None:
        assert example.receive(message.body, message.headers) == DECISION
        with pytest.raises(WebhookVerificationError):
            example.receive(message.body.replace(b"hold", b"approve"), message.headers)


@pytest.mark.service
def test_the_javascript_posts_reads_follows_and_takes_webhooks_of_ours_only(
    node_folder: Path, run_node: RunNode, environ: dict[str, str], message: Message
) -> None:
    (node_folder / "comments.mjs").write_text(EXAMPLES["js"], encoding="utf-8")
    comments = [new_comment(f"A remark on page {n}", id=uuid4().hex) for n in range(3)]
    sent = {"body": message.body.decode(), "headers": message.headers}
    task = {"articleId": "an/article?", "comments": comments, "message": sent}

    finished = run_node("drive.mjs", given=json.dumps(task), environ=environ)

    told = json.loads(finished.stdout)
    assert [one["status"] for one in told["posted"]] == ["approved"] * 3
    assert told["first"] == told["posted"][0]
    assert told["followed"] == [one["id"] for one in comments[1:]]
    assert told["received"] == DECISION
    assert told["refused"] == "WebhookVerificationError"


@pytest.mark.skipif(not shutil.which("php"), reason="there is no PHP here")
def test_the_php_example_is_php(tmp_path: Path) -> None:
    path = tmp_path / "comments.php"
    path.write_text(EXAMPLES["php"], encoding="utf-8")

    subprocess.run(["php", "-l", path], check=True, capture_output=True)


@contextmanager
def started(command: list[str], environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A command that goes on until it is ended."""
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
    watchdog = threading.Timer(PATIENCE_S, process.kill)
    watchdog.start()
    try:
        yield process
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()
