"""A sweep that is killed, at any step, loses nothing and doubles nothing."""

from __future__ import annotations

import multiprocessing
import random
import time
from pathlib import Path
from typing import Any

import pytest

from moderation import archive as archive_module
from moderation.archive import Archive
from moderation.desk import upkeep
from moderation.domain import Action, Decision, NewComment, Source, now_rfc3339
from moderation.record import Record, whole
from moderation.record.keys import Keys
from moderation.settings import Settings
from tests.conftest import DEMO_SITE, new_comment
from tests.moderation.desk.conftest import Post
from tests.moderation.desk.sweeps import archived, living, sweep


class KilledError(BaseException):
    """What ends a process between two steps."""


def killed(*_: Any, **__: Any) -> Any:
    raise KilledError


def killed_after(function: Any) -> Any:
    def run(*args: Any, **kwargs: Any) -> Any:
        function(*args, **kwargs)
        raise KilledError

    return run


STEPS = [
    (archive_module, "_write", False),
    (archive_module, "_write", True),
    (Path, "rename", False),
    (Archive, "add", True),
    (upkeep.Keeper, "_retire", False),
    (upkeep.Keeper, "_retire", True),
]


@pytest.mark.parametrize(("owner", "name", "is_done"), STEPS)
def test_a_kill_between_two_steps_loses_nothing_and_doubles_nothing(
    record: Record, archive: Archive, post: Post, owner: Any, name: str, is_done: bool
) -> None:
    # Given: three comments, and a process that ends on the way
    ids = [post(f"fine {number}") for number in range(3)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, killed_after(getattr(owner, name)) if is_done else killed)
        with pytest.raises(KilledError):
            sweep(record, archive)
    assert {row["id"] for row in archived(archive)} | set(living(record)) == set(ids)

    # When: another goes on
    sweep(record, archive)

    # Then: each is in the archive once
    assert sorted(row["id"] for row in archived(archive)) == sorted(ids)
    assert living(record) == []


def sweep_in_small_slices(settings: Settings, archive: Archive) -> None:
    upkeep.SLICE, whole.AT_ONCE = 10, 10
    sweep(Record(settings), archive)


def test_kill_9_at_any_moment_loses_nothing_and_doubles_nothing(
    record: Record, settings: Settings, archive: Archive
) -> None:
    # Given: comments enough for eight slices
    ids = sorted(approve(record, f"c{number}") for number in range(80))
    fork, draw = multiprocessing.get_context("fork"), random.Random(7)

    # When: process after process is killed on the way
    while living(record):
        files = archive.files(DEMO_SITE)
        process = fork.Process(target=sweep_in_small_slices, args=(settings, archive))
        process.start()
        while process.is_alive() and archive.files(DEMO_SITE) == files:
            time.sleep(0.001)
        time.sleep(draw.uniform(0, 0.03))
        process.kill()
        process.join()
        assert {row["id"] for row in archived(archive)} | set(living(record)) == set(ids)
        record.connection.delete(Keys(record.shard)("upkeep_lease"))  # it expires
    sweep(record, archive)

    # Then
    assert sorted(row["id"] for row in archived(archive)) == ids


def approve(record: Record, comment_id: str) -> str:
    """Stores an approved comment; no thread but this one is needed for it."""
    content = new_comment(created_at=now_rfc3339())
    record.comments.accept(DEMO_SITE, NewComment(comment_id, "a1", content, comment_id, 0))
    decision = Decision(
        comment_id, "a1", 1, Action.APPROVE, Source.CLASSIFIER, (), now_rfc3339()
    )
    record.decisions.write(DEMO_SITE, decision)
    return comment_id
