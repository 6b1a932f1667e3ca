"""A stand: a throwaway server and the processes on it, all gone when it is left.

Ends only what it started, by process id. Children die with this process, whatever ends it,
and do not hear Ctrl-C themselves.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import redis

from moderation import embedded
from moderation.record.connection import connect
from moderation.settings import PREFIX, Settings

#: Where `benchmarks`, which is not installed, is imported from.
ROOT = Path(__file__).parent.parent
START_S = 60.0
END_S = 10.0
POLL_S = 0.05
LOG_TAIL_CHARACTERS = 2_000

PR_SET_PDEATHSIG = 1


class StandError(Exception):
    """Raised when a process of a benchmark does not do what it was started for."""


@dataclass
class Stand:
    """A server at `url` and the processes that were started on it."""

    folder: Path
    url: str
    connection: redis.Redis
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(
        self,
        command: Sequence[str],
        *,
        settings: Settings | None = None,
        pass_fds: Sequence[int] = (),
    ) -> subprocess.Popen[str]:
        """Starts a process; what it says goes to a file of this stand."""
        process = spawn(
            command, self._log(len(self.processes)), settings=settings, pass_fds=pass_fds
        )
        self.processes.append(process)
        return process

    def wait_for(self, condition: Callable[[], bool], what: str, *, wait_s: float) -> None:
        """Returns when the condition is true.

        Raises:
            StandError: a process ended, or it took too long.
        """
        deadline = time.monotonic() + wait_s
        while not condition():
            for number, process in enumerate(self.processes):
                if process.poll() is not None:
                    said = tail(self._log(number))
                    raise StandError(f"a process ended while waiting for {what}:\n{said}")
            if time.monotonic() > deadline:
                raise StandError(f"{what} took longer than {wait_s:.0f} s")
            time.sleep(POLL_S)

    def used_bytes(self) -> int:
        """The memory that the server has allocated."""
        return int(self.connection.info("memory")["used_memory"])

    def hold(self) -> None:
        """Stops the processes where they are; they use no processor time until `let_go`."""
        self._signal(signal.SIGSTOP)

    def let_go(self) -> None:
        """Lets the processes run on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for process in self.processes:
            process.send_signal(number)

    def _log(self, number: int) -> Path:
        return self.folder / f"process-{number}.log"


@contextmanager
def stand() -> Iterator[Stand]:
    """A stand with a server as `moderation run` starts it, and no process yet."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        url = embedded.embedded_url(folder)
        command = embedded.server_command(folder, appendfsync=Settings().appendfsync)
        server = spawn(command, folder / "server.log")
        connection = connect(url)
        opened = Stand(folder, url, connection)
        try:
            embedded.wait_until_answers(
                url, alive=lambda: server.poll() is None, wait_s=START_S
            )
            # A rewrite of the file, triggered by its size, would hit one round at random.
            connection.config_set("auto-aof-rewrite-percentage", 0)
            yield opened
        finally:
            end([*opened.processes, server])
            connection.close()


def service_command(role: str, *arguments: str) -> list[str]:
    """A command of the service, as its own supervisor starts it."""
    return [sys.executable, "-P", "-m", "moderation", role, *arguments]


def rival_command(module: str, *arguments: str) -> list[str]:
    """A process of `benchmarks.rivals`."""
    return [sys.executable, "-m", f"benchmarks.rivals.{module}", *arguments]


def clean_environ(settings: Settings | None) -> dict[str, str]:
    """The environment without settings of a service that may be installed here."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return kept | (settings.to_environ() if settings else {})


def spawn(
    command: Sequence[str],
    log: Path,
    *,
    settings: Settings | None = None,
    pass_fds: Sequence[int] = (),
    stdout: int | None = None,
) -> subprocess.Popen[str]:
    """Starts one process in a session of its own; it dies with this one."""
    with log.open("a") as sink:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=clean_environ(settings),
            stdin=subprocess.DEVNULL,
            stdout=sink if stdout is None else stdout,
            stderr=sink,
            text=True,
            pass_fds=pass_fds,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )


def end(processes: Sequence[subprocess.Popen[str]], *, wait_s: float = END_S) -> None:
    """Ends processes in this order, with SIGKILL those that do not end by themselves."""
    for process in processes:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
            process.terminate()
    deadline = time.monotonic() + wait_s
    for process in processes:
        try:
            process.wait(max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def tail(log: Path) -> str:
    """The end of what a process said."""
    return log.read_text(errors="replace")[-LOG_TAIL_CHARACTERS:] if log.exists() else ""


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
