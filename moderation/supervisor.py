"""`moderation run`: starts the parts of the service, starts again what dies, stops cleanly.

Single-threaded on purpose: children are told to end with their parent, and that is tied to
the thread that started them.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from moderation import embedded
from moderation.bootstrap import bootstrap
from moderation.errors import RedisAwayError, SupervisorError
from moderation.record import Record
from moderation.settings import Settings

log = logging.getLogger(__name__)

POLL_S = 0.1
#: How long a part may take to end by itself once it is asked to.
STOP_S = 15.0
#: How long loading the embedded server's data may take.
LOAD_S = 600.0
#: Trainer and deliverer start when the service is ready, or after this time without it.
HELPERS_AFTER_S = 10.0
#: A part that dies sooner after its start than this waits longer for the next one, each time.
#: One that lived longer did not die of how it starts, and starts again at once.
SETTLED_S = 5.0
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 10.0
#: So many deaths of a part within this time are a crash loop, and are reported as one. On a
#: busy machine a worker takes a quarter of a minute until it dies of a release.
CRASH_LOOP_DEATHS, DEATHS_WINDOW_S = 5, 300.0

PR_SET_PDEATHSIG = 1


@dataclass
class Part:
    """One process of the service, started again whenever it dies."""

    name: str
    command: Sequence[str]
    environ: dict[str, str]
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    deaths: deque[float] = field(default_factory=deque)
    early_deaths: int = 0
    started_at: float = 0.0
    next_start: float = 0.0

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Starts the process; signals to the group reach only the supervisor."""
        self.started_at = time.monotonic()
        with _signals_blocked():
            self.process = subprocess.Popen(
                self.command,
                env=self.environ,
                pass_fds=self.pass_fds,
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr.fileno(),
                preexec_fn=_end_with_parent,
                # What the parts write is personal data.
                umask=0o077,
            )

    def tend(self) -> None:
        """Starts the part again if it died, after a pause that grows with early deaths."""
        now = time.monotonic()
        if self.alive:
            return
        if self.process is not None:
            self._note_death(self.process.returncode, now)
            self.process = None
        if now >= self.next_start:
            self.start()

    def ask_to_end(self) -> None:
        """Sends SIGTERM."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def end(self, deadline: float) -> None:
        """Waits for the part to end, and kills it at the deadline."""
        if self.process is None:
            return
        try:
            self.process.wait(max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            log.warning("%s did not end by itself and is killed", self.name)
            self.process.kill()
            self.process.wait()

    def _note_death(self, status: int, now: float) -> None:
        self.deaths.append(now)
        while self.deaths[0] < now - DEATHS_WINDOW_S:
            self.deaths.popleft()
        self.early_deaths = self.early_deaths + 1 if now - self.started_at < SETTLED_S else 0
        pause_s = min(FIRST_PAUSE_S * 2 ** max(self.early_deaths - 1, 0), LONGEST_PAUSE_S)
        self.next_start = now + pause_s
        log.warning("%s ended (%s), starts again", self.name, _how(status))
        if len(self.deaths) >= CRASH_LOOP_DEATHS:
            log.error(
                "%s keeps dying: %d times in %d s, last %s. Its own lines above say why, the "
                "embedded server's in redis.log; it is tried again after %d s at the latest",
                self.name,
                len(self.deaths),
                DEATHS_WINDOW_S,
                _how(status),
                LONGEST_PAUSE_S,
            )


class Supervisor:
    """All parts of the service on one machine."""

    def __init__(self, settings: Settings, say_ready: Callable[[str], None]) -> None:
        self._own_server = not settings.redis_url
        url = settings.redis_url or embedded.embedded_url(settings.data_dir)
        self._settings = settings.with_redis(url)
        self._say_ready = say_ready
        self._stopping = False
        self._server: Part | None = None
        self._others: list[Part] = []

    def run(self) -> None:
        """Runs until SIGTERM or Ctrl-C; everything is down when it returns.

        Raises:
            SupervisorError: the service cannot be started here.
            RedisAwayError: the Redis of `MODERATION_REDIS_URL` does not answer.
        """
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, self._request_stop)
        with embedded.locked(self._settings.data_dir), _listen(self._settings) as listener:
            try:
                self._start(listener)
                self._tend(listener)
            except RedisAwayError:
                if not self._stopping:  # Asked to end, it waits for no server to load its data.
                    raise
            finally:
                self._stop()

    def _request_stop(self, *_: object) -> None:
        self._stopping = True

    def _start(self, listener: socket.socket) -> None:
        if self._own_server:
            self._start_server()
        # The workers take seconds to import what they need; the server loads meanwhile.
        listen_fd = listener.fileno()
        self._others = [
            self._part("worker", number=number + 1) for number in range(self._settings.workers)
        ]
        self._others.append(
            self._part("api", "--listen-fd", str(listen_fd), pass_fds=(listen_fd,))
        )
        for part in self._others:
            part.start()
        if self._own_server:
            self._wait_for_server()
        for line in bootstrap(Record(self._settings), self._settings).lines():
            print(line, file=sys.stderr, flush=True)  # noqa: T201

    def _start_server(self) -> None:
        url = self._settings.redis_url
        if embedded.answers(url):
            # We hold the lock: a supervisor died without its server ending with it.
            embedded.shut_down(url)
        command = embedded.server_command(
            self._settings.data_dir, appendfsync=self._settings.appendfsync
        )
        self._server = Part("embedded server", command, dict(os.environ))
        self._server.start()

    def _wait_for_server(self) -> None:
        def goes_on() -> bool:
            return not self._stopping and self._server is not None and self._server.alive

        embedded.wait_until_answers(self._settings.redis_url, alive=goes_on, wait_s=LOAD_S)

    def _part(
        self, role: str, *arguments: str, number: int = 0, pass_fds: tuple[int, ...] = ()
    ) -> Part:
        # -P: a folder named `models` where the command was typed must not be imported.
        command = [sys.executable, "-P", "-m", "moderation", role, *arguments]
        environ = {**os.environ, **self._settings.to_environ()}
        return Part(f"{role} {number}" if number else role, command, environ, pass_fds)

    def _tend(self, listener: socket.socket) -> None:
        host, port = self._settings.host, listener.getsockname()[1]
        latest_helpers = time.monotonic() + HELPERS_AFTER_S
        said_ready = has_helpers = False
        while not self._stopping:
            for part in self._parts():
                part.tend()
            if not said_ready and _is_ready(host, port):
                self._say_ready(f"http://{_in_url(host)}:{port}")
                said_ready = True
            if not has_helpers and (said_ready or time.monotonic() > latest_helpers):
                self._others += self._helpers()
                has_helpers = True
            time.sleep(POLL_S)

    def _helpers(self) -> list[Part]:
        """The parts that no comment waits for: they leave the processors to the others."""
        wanted = {"trainer": self._settings.trainer, "deliverer": self._settings.deliverer}
        return [self._part(role) for role, is_wanted in wanted.items() if is_wanted]

    def _parts(self) -> list[Part]:
        return [self._server, *self._others] if self._server else self._others

    def _stop(self) -> None:
        # Who answers requests ends while workers still work: no request that waits for them
        # goes without an answer.
        workers = [part for part in self._others if part.name.startswith("worker")]
        _end_all([part for part in self._others if part not in workers])
        _end_all(workers)
        if self._server:
            _end_all([self._server])


def _end_all(parts: Sequence[Part]) -> None:
    deadline = time.monotonic() + STOP_S
    for part in parts:
        part.ask_to_end()
    for part in parts:
        part.end(deadline)


@contextmanager
def _listen(settings: Settings) -> Iterator[socket.socket]:
    """The listening socket.

    It outlives the API process: while that restarts, clients wait instead of being refused.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise SupervisorError(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror}; "
            "choose another with --port"
        ) from None
    with listener:
        listener.listen(2048)
        yield listener


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Inside, a child is started with SIGINT blocked.

    Ctrl-C goes to the whole terminal group, but the order in which the parts end is the
    supervisor's.
    """
    old = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old)


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _is_ready(host: str, port: int) -> bool:
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 # nosec B104
    try:
        url = f"http://{_in_url(local)}:{port}/readyz"
        with urllib.request.urlopen(url, timeout=2) as answer:  # nosec B310
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _how(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
