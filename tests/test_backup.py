"""A copy of a running service's data, and a service that goes on with it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis

from moderation import backup, embedded
from moderation.backup import back_up, restore
from moderation.embedded import APPEND_ONLY, MANIFEST, locked
from moderation.errors import BackupError, SupervisorError
from moderation.record.connection import connect
from tests.conftest import Service, start_service
from tests.test_service import assert_each_decided_once, post_many, wait_until


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data folder without a service."""
    files = tmp_path / "data" / APPEND_ONLY
    files.mkdir(parents=True)
    (files / "appendonly.aof.1.incr.aof").write_bytes(b"what was written")
    (files / MANIFEST).write_text("file appendonly.aof.1.incr.aof seq 1 type i\n")
    return tmp_path / "data"


@contextmanager
def running_server(data_dir: Path) -> Iterator[redis.Redis]:
    """The embedded server alone, on a folder."""
    process = subprocess.Popen(embedded.server_command(data_dir, appendfsync="everysec"))
    url = embedded.embedded_url(data_dir)
    embedded.wait_until_answers(url, alive=lambda: process.poll() is None, wait_s=60)
    connection = connect(url)
    try:
        yield connection
    finally:
        connection.close()
        embedded.shut_down(url)
        process.wait(60)


def killed(deed: Callable[[], object]) -> bool:
    """Does something in a process of its own; whether that died of SIGKILL."""
    child = os.fork()
    if not child:
        deed()
        os._exit(0)
    return os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL


def kill_self(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.service
@pytest.mark.timeout(180)
def test_what_was_acknowledged_before_it_began_is_in_it(
    service: Service, tmp_path: Path
) -> None:
    # Given a service that is used, and a copy of its data made meanwhile
    with service.client() as client:
        ids = post_many(client, 30, "copied")
    archive, data_dir = tmp_path / "copy.tar.gz", tmp_path / "restored"
    told = command("backup", str(archive), "--data-dir", str(service.data_dir))
    assert str(archive) in told
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    # When another service starts on it
    command("restore", str(archive), "--data-dir", str(data_dir))
    again = start_service(data_dir)
    try:
        # Then each comment is there and decided once
        with again.client() as client:

            def all_decided() -> bool:
                answers = [client.get(f"/v1/comments/{one}").json() for one in ids]
                return all(one["status"] != "pending" for one in answers)

            wait_until(all_decided, 60)
            assert_each_decided_once(client, ids)
    finally:
        again.kill_group()


@pytest.mark.service
def test_a_rewrite_in_the_middle_of_a_copy_takes_nothing_from_it(tmp_path: Path) -> None:
    # Given a server, whose file is rewritten once all was opened, before anything is read
    with running_server(tmp_path / "data") as server:
        server.mset({f"key-{number}": number for number in range(1_000)})

        def rewrite_once(_: int) -> None:
            if server.dbsize() == 1_000:
                server.set("later", 1)
                server.bgrewriteaof()
                wait_until(lambda: not rewrites(server), 60)

        back_up(tmp_path / "data", tmp_path / "copy.tar", told=rewrite_once)
        assert not (tmp_path / "data" / APPEND_ONLY / "appendonly.aof.1.base.rdb").exists()
    # When the copy is loaded
    restore(tmp_path / "copy.tar", tmp_path / "new")
    with running_server(tmp_path / "new") as server:
        # Then all that had been written is there
        assert server.exists(*(f"key-{number}" for number in range(1_000))) == 1_000


def rewrites(server: redis.Redis) -> bool:
    told = server.info("persistence")
    return bool(told["aof_rewrite_in_progress"] or told["aof_rewrite_scheduled"])


def test_a_rewrite_that_ends_while_files_are_opened_is_followed(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = (data_dir / APPEND_ONLY / f"appendonly.aof.{n}.incr.aof" for n in (1, 2))
    open_ = Path.open

    def open_too_late(path: Path, *how: Any, **more: Any) -> Any:
        if path == old and old.exists():
            old.rename(new)
            (path.parent / MANIFEST).write_text(f"file {new.name} seq 2 type i\n")
        return open_(path, *how, **more)

    monkeypatch.setattr(Path, "open", open_too_late)
    back_up(data_dir, tmp_path / "copy.tar")

    with tarfile.open(tmp_path / "copy.tar") as packed:
        assert {Path(name).name for name in packed.getnames()} == {new.name, MANIFEST}


def test_a_file_that_is_missing_is_told(data_dir: Path, tmp_path: Path) -> None:
    (data_dir / APPEND_ONLY / "appendonly.aof.1.incr.aof").unlink()

    with pytest.raises(BackupError, match=r"incr\.aof"):
        back_up(data_dir, tmp_path / "copy.tar")

    assert list(tmp_path.iterdir()) == [data_dir]


def test_a_copy_that_is_killed_is_none_and_the_cure_is_told(
    data_dir: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "copy.tar"

    assert killed(lambda: back_up(data_dir, archive, told=kill_self))

    assert not archive.exists()
    with pytest.raises(BackupError, match="remove it"):
        back_up(data_dir, archive)
    (tmp_path / ".copy.tar.part").unlink()
    back_up(data_dir, archive)


def test_killed_while_it_restores_it_leaves_nothing_to_start_on(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, new = tmp_path / "copy.tar", tmp_path / "new"
    back_up(data_dir, archive)
    # Given a restore that dies between two files
    with monkeypatch.context() as patch:
        patch.setattr(backup, "_flush", kill_self)
        assert killed(lambda: restore(archive, new))
    assert not (new / APPEND_ONLY).exists()
    # When it is done again, then all is there
    restore(archive, new)
    assert sorted(one.name for one in (new / APPEND_ONLY).iterdir()) == [
        "appendonly.aof.1.incr.aof",
        MANIFEST,
    ]
    assert {one.name for one in new.iterdir()} == {APPEND_ONLY, "lock"}


@pytest.mark.parametrize("name", ["copy.tar", "copy.tar.gz", "copy.tar.xz"])
def test_a_folder_without_a_service_is_copied_as_well(
    data_dir: Path, tmp_path: Path, name: str
) -> None:
    back_up(data_dir, tmp_path / name)
    restore(tmp_path / name, tmp_path / "new")

    copied, original = tmp_path / "new" / APPEND_ONLY, data_dir / APPEND_ONLY
    assert {one.name: one.read_bytes() for one in copied.iterdir()} == {
        one.name: one.read_bytes() for one in original.iterdir()
    }


def test_bytes_are_told_while_it_goes_on(data_dir: Path, tmp_path: Path) -> None:
    told: list[int] = []

    back_up(data_dir, tmp_path / "copy.tar", told=told.append)

    assert sum(told) == sum(one.stat().st_size for one in (data_dir / APPEND_ONLY).iterdir())


def test_a_file_that_is_there_is_not_overwritten(data_dir: Path, tmp_path: Path) -> None:
    archive = tmp_path / "copy.tar"
    archive.write_text("an older copy")

    with pytest.raises(BackupError, match="exists already"):
        back_up(data_dir, archive)

    assert archive.read_text() == "an older copy"


def test_what_cannot_be_written_leaves_nothing(data_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="cannot be written"):
        back_up(data_dir, tmp_path / "nowhere" / "copy.tar")

    assert list(tmp_path.iterdir()) == [data_dir]


def test_without_data_there_is_nothing_to_copy(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="no data"):
        back_up(tmp_path, tmp_path / "copy.tar")


def test_data_are_not_overwritten(data_dir: Path, tmp_path: Path) -> None:
    back_up(data_dir, tmp_path / "copy.tar")

    with pytest.raises(BackupError, match="has data already"):
        restore(tmp_path / "copy.tar", data_dir)


def test_a_folder_in_use_is_left_alone(data_dir: Path, tmp_path: Path) -> None:
    back_up(data_dir, tmp_path / "copy.tar")

    with locked(tmp_path / "new"), pytest.raises(SupervisorError):
        restore(tmp_path / "copy.tar", tmp_path / "new")


@pytest.mark.parametrize("kind", ["text", "other", "outside", "cut"])
def test_what_is_no_copy_is_refused(data_dir: Path, tmp_path: Path, kind: str) -> None:
    archive = tmp_path / "copy.tar.gz"
    if kind == "text":
        archive.write_text("nothing of the sort")
    elif kind == "cut":
        back_up(data_dir, archive)
        os.truncate(archive, archive.stat().st_size // 2)
    else:
        name = {"other": "something/else", "outside": f"{APPEND_ONLY}/../../outside"}[kind]
        with tarfile.open(archive, "w:gz") as packed:
            packed.add(data_dir / APPEND_ONLY / "appendonly.aof.manifest", name)

    with pytest.raises(BackupError):
        restore(archive, tmp_path / "new")

    assert not (tmp_path / "outside").exists()


def test_own_redis_has_its_own_tools(tmp_path: Path) -> None:
    done = run_command("backup", str(tmp_path / "copy.tar"), redis_url="redis://127.0.0.1:1")

    assert done.returncode == 1
    assert "its own tools" in done.stderr


def run_command(*arguments: str, redis_url: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("moderation"), *arguments],
        env={"PATH": "", "MODERATION_REDIS_URL": redis_url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def command(*arguments: str) -> str:
    """What a command prints; it must work."""
    done = run_command(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout
