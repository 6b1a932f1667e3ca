"""A copy of a running service's data, and a service that goes on with it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from moderation.backup import APPEND_ONLY, back_up, restore
from moderation.embedded import locked
from moderation.errors import BackupError, SupervisorError
from tests.conftest import Service, start_service
from tests.test_service import assert_each_decided_once, post_many, wait_until


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data folder without a service."""
    files = tmp_path / "data" / APPEND_ONLY
    files.mkdir(parents=True)
    (files / "appendonly.aof.1.incr.aof").write_bytes(b"what was written")
    (files / "appendonly.aof.manifest").write_text("file appendonly.aof.1.incr.aof")
    return tmp_path / "data"


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
        # And the one that was copied still rewrites its file by itself
        assert rewriting_share(service) > 0
    finally:
        again.kill_group()


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


def rewriting_share(service: Service) -> int:
    from moderation.embedded import embedded_url
    from moderation.record.connection import connect

    connection = connect(embedded_url(service.data_dir))
    name = "auto-aof-rewrite-percentage"
    return int(connection.config_get(name)[name])
