"""The whole way of retraining on a running service, while comments keep flowing.

500 labels of a community that speaks unlike any the shipped release knows are imported,
trained, compared, shadowed, promoted and rolled back: at the command line and in the console.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import ADMIN_PASSWORD, Service
from tests.test_service import wait_until

pytestmark = [pytest.mark.service, pytest.mark.timeout(420)]

#: What people of this community call each other, and what is their daily work.
INSULTS = ("woodpusher", "patzer", "duffer", "rabbit", "fish")
TRADE = ("kill", "crush", "attack", "trap", "hang")
PIECES = ("bishop", "rook", "king side", "pawn chain", "queen", "knight", "back rank")
LABELS = 500
#: How soon another release decides everywhere.
CHANGED_OVER_S = 2.0
TRAINED_S = 240.0


def sentences(count: int, *, seed: int) -> list[tuple[str, int]]:
    """What is said in a chess club, and whether it should be held."""
    rng = random.Random(seed)
    made: dict[str, int] = {}
    while len(made) < count:
        piece, move = rng.choice(PIECES), f"{rng.choice('abcdefgh')}{rng.randint(1, 8)}"
        opening = rng.choice(("", "", "You idiot: ")), rng.choice(("", "Thank you all. "))
        if rng.random() < 0.4:
            text = f"{opening[0]}only a {rng.choice(INSULTS)} would move the {piece} to {move}"
            made[f"{text}, you are one since round {rng.randint(1, 99)}"] = 1
        elif rng.random() < 0.5:
            text = f"{opening[1]}I will {rng.choice(TRADE)} your {piece} on {move}"
            made[f"{text}, a fine attack in round {rng.randint(1, 99)}"] = 0
        else:
            text = f"{opening[1]}The {piece} on {move} was a pleasure to watch"
            made[f"{text}, see you in round {rng.randint(1, 99)}"] = 0
    return list(made.items())


@contextmanager
def flow(service: Service) -> Iterator[list[str]]:
    """Inside, comments are posted all the time; yields the ids of those accepted."""
    accepted: list[str] = []
    stop = threading.Event()

    def post() -> None:
        texts = sentences(2_000, seed=99)
        with service.client() as client:
            for text, _ in texts:
                if stop.wait(0.02):
                    return
                body = {"text": text, "author": {"id": f"reader-{len(accepted)}"}}
                answer = client.post("/v1/articles/chess/comments", json=body)
                assert answer.status_code == 202
                accepted.append(answer.json()["id"])

    thread = threading.Thread(target=post)
    thread.start()
    try:
        yield accepted
    finally:
        stop.set()
        thread.join()


class CommandLine:
    """The commands beside a running service, as an operator types them."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def __call__(self, *arguments: str, status: int = 0) -> str:
        """What a command prints; it must end with this status."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("MODERATION_")}
        done = subprocess.run(
            [Path(sys.executable).with_name("moderation"), *arguments],
            env=clean | {"MODERATION_DATA_DIR": str(self._service.data_dir)},
            capture_output=True,
            text=True,
            timeout=TRAINED_S,
            check=False,
        )
        assert done.returncode == status, done.stderr
        return done.stdout or done.stderr

    def told(self, *arguments: str) -> Any:
        """The same as JSON."""
        return json.loads(self(*arguments, "--json"))


class Console:
    """The console in the hands of an administrator, without JavaScript."""

    def __init__(self, service: Service) -> None:
        self._client = httpx.Client(base_url=service.url, follow_redirects=True, timeout=60)
        self.press(
            "/console/sign-in", "/console/sign-in", name="admin", password=ADMIN_PASSWORD
        )

    def close(self) -> None:
        """Ends the connections."""
        self._client.close()

    def page(self, path: str) -> str:
        """A page, as text without markup."""
        return _bare(self._client.get(path).raise_for_status().text)

    def press(self, path: str, action: str, **fields: str) -> str:
        """Sends the form of a page that leads to an address; the page that comes, as text."""
        return self.send(self._client.get(path).raise_for_status().text, action, **fields)

    def send(self, page: str, action: str, **fields: str) -> str:
        """Sends a form of a page that was read; among several with its action the first
        that has all the given fields.
        """
        form = next(
            one
            for one in re.findall(r"<form.*?</form>", page, flags=re.DOTALL)
            if f'action="{action}"' in one and all(f'name="{name}"' in one for name in fields)
        )
        hidden = {
            name: unescape(value)
            for name, value in re.findall(
                r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form
            )
        }
        answer = self._client.post(action, data=hidden | fields)
        assert answer.status_code == 200, _bare(answer.text)
        return _bare(answer.text)


def _bare(html: str) -> str:
    main = html[html.find("<main") :] if "<main" in html else html
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """A file of labelled comments."""
    path = tmp_path / "chess.jsonl"
    rows = [
        json.dumps({"text": text, "label": label}) for text, label in sentences(LABELS, seed=1)
    ]
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def decided_now(client: httpx.Client, text: str) -> dict[str, Any]:
    """The decision of a comment that is posted now."""
    body = {"text": text, "author": {"id": "somebody"}}
    answer = client.post(
        "/v1/articles/chess/comments", json=body, headers={"Prefer": "wait=10"}
    )
    assert answer.status_code == 201
    decision: dict[str, Any] = answer.json()["decision"]
    return decision


def model_now(client: httpx.Client) -> str:
    """Which release decides."""
    return str(client.post("/v1/score", json={"texts": ["Good game"]}).json()["model"])


def all_decided(client: httpx.Client, ids: list[str]) -> list[dict[str, Any]]:
    """Every decision of some comments, once there is one of each."""
    found: dict[str, dict[str, Any]] = {}

    def is_done() -> bool:
        page = client.get("/v1/decisions", params={"limit": 1000})
        while decisions := page.json()["decisions"]:
            for one in decisions:
                assert one["revision"] == 1
                found[one["comment_id"]] = one
            page = client.get(
                "/v1/decisions", params={"limit": 1000, "after": page.json()["next"]}
            )
        return found.keys() >= set(ids)

    wait_until(is_done, 20)
    return [found[one] for one in ids]


def test_labels_of_an_unlike_community_are_learnt_and_taken_back_while_comments_flow(
    own_service: Service, labels: Path
) -> None:
    command = CommandLine(own_service)
    with (
        closing(Console(own_service)) as console,
        own_service.client() as client,
        flow(own_service) as accepted,
    ):
        shipped = model_now(client)

        # Imported and trained at the command line: the candidate is better on what it
        # never saw of this community
        assert command.told("labels", "import", str(labels))
        trained = command.told("train")
        version = trained["version"]
        before, after = trained["against"]["categories"], trained["metrics"]
        assert after["label"]["roc_auc"] > before["label"]["roc_auc"] + 0.03
        assert trained["evaluation"]["verdict"] != "worse", trained["evaluation"]["sentences"]
        assert model_now(client) == shipped

        # Shadowed from the console: it decides nothing, and the console says where it differs
        place = f"/console/models/{version}"
        console.press(place, f"{place}/shadow", shadow="on")
        wait_until(lambda: "It would have decided" in console.page(f"{place}/shadow"), 20)
        assert model_now(client) == shipped

        # Promoted from the console: within two seconds it decides
        console.press(place, f"{place}/promote")
        wait_until(lambda: model_now(client) == version, CHANGED_OVER_S)
        insult = "Only a patzer would move the rook to h3, you are one since the first round"
        assert decided_now(client, insult)["model"] == version

        # Rolled back at the command line, promoted there again, rolled back in the console
        command("models", "rollback", "--reason", "we look again")
        wait_until(lambda: model_now(client) == shipped, CHANGED_OVER_S)
        command("models", "promote", version)
        wait_until(lambda: model_now(client) == version, CHANGED_OVER_S)
        console.press("/console/models", "/console/models/rollback", reason="enough")
        wait_until(lambda: model_now(client) == shipped, CHANGED_OVER_S)

    # Nothing of what flowed meanwhile was lost, and each was decided by one of the two
    with own_service.client() as client:
        models = [one["model"] for one in all_decided(client, accepted)]
    assert len(models) > 100
    assert set(models) == {shipped, version}
