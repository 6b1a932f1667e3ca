"""The whole service, killed in part or as a whole: what was acknowledged is decided, once."""

from __future__ import annotations

import contextlib
import csv
import itertools
import lzma
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.conftest import Service, start_service
from tests.test_service import (
    assert_each_decided_once,
    children,
    decisions,
    post_many,
    wait_until,
)

pytestmark = pytest.mark.service

REAL_COMMENTS = Path(__file__).parents[2] / "shared/data/jigsaw_train.csv.xz"


@pytest.fixture(scope="module")
def lasting_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose parts are killed one after another: it is to outlive them all."""
    running = start_service(tmp_path_factory.mktemp("lasting"))
    yield running
    running.kill_group()


def test_killed_with_everything_it_forgets_nothing(tmp_path: Path) -> None:
    # Given a service with decided and undecided comments
    service = start_service(tmp_path)
    with service.client() as client:
        ids = post_many(client, 150, "before")
    # When everything is killed at once and started again
    service.kill_group()
    again = start_service(tmp_path)
    try:
        with again.client() as client:
            ids += post_many(client, 50, "after")
            wait_until(lambda: len(decisions(client)) >= 200)
            # Then each is there and decided exactly once
            assert len(ids) == 200
            assert_each_decided_once(client, ids)
    finally:
        again.kill_group()


@pytest.mark.parametrize("part", ["worker", "api", "valkey-server"])
def test_a_part_that_is_killed_comes_back_and_nothing_is_lost(
    lasting_service: Service, part: str
) -> None:
    with lasting_service.client() as client:
        stop = threading.Event()
        acknowledged: list[str] = []

        def keep_posting() -> None:
            with lasting_service.client() as poster:
                for number in range(400):
                    acknowledged.extend(post_many(poster, 5, f"{part}-{number}"))
                    if stop.is_set():
                        return

        with ThreadPoolExecutor(1) as pool:
            posting = pool.submit(keep_posting)
            for _ in range(3):
                time.sleep(0.7)
                for pid in children(lasting_service, part):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(1.0)
            stop.set()
            posting.result()
        assert acknowledged

        def all_decided() -> bool:
            with contextlib.suppress(httpx.HTTPError, KeyError):
                return {d["comment_id"] for d in decisions(client)} >= set(acknowledged)
            return False

        wait_until(all_decided, 20)
        assert_each_decided_once(client, acknowledged)


def real_comments(count: int) -> list[str]:
    """Comments that people wrote; they stay outside the repository."""
    if not REAL_COMMENTS.exists():
        pytest.skip(f"no labelled data in {REAL_COMMENTS}")
    csv.field_size_limit(sys.maxsize)
    with lzma.open(REAL_COMMENTS, "rt", encoding="utf-8", newline="") as lines:
        rows = itertools.islice(csv.DictReader(lines), count)
        return [row["text"][:20_000] for row in rows]


def assert_all_are_decided(client: httpx.Client, texts: list[str], prefix: str) -> None:
    for number, text in enumerate(texts):
        body = {
            "text": text,
            "author": {"id": f"{prefix}-{number}"},
            "id": f"{prefix}-{number}",
        }
        answer = client.post(
            "/v1/articles/real/comments", json=body, headers={"Prefer": "wait=20"}
        )
        assert answer.status_code == 201
        assert answer.json()["status"] in {"approved", "held"}
        assert answer.json()["decision"]["model"]


def test_two_hundred_real_comments_are_decided_and_as_many_after_kill_9(tmp_path: Path) -> None:
    texts = real_comments(400)
    service = start_service(tmp_path)
    with service.client() as client:
        assert_all_are_decided(client, texts[:200], "first")
    service.kill_group()
    again = start_service(tmp_path)
    try:
        with again.client() as client:
            assert_all_are_decided(client, texts[200:], "second")
            assert_each_decided_once(client, [f"first-{number}" for number in range(200)])
    finally:
        again.kill_group()
