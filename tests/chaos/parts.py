"""`moderation run` and its processes: started, found by role, killed, started again.

Ends only processes of groups that it started itself.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from moderation.embedded import embedded_url
from moderation.settings import PREFIX, Settings

API_KEY = "chaos-key"
ADMIN_PASSWORD = "chaos-password"
READY_S = 180.0
STOP_S = 60.0
TEND_S = 0.1
#: role → what the command line of its processes holds.
MARKS = {
    "supervisor": "moderation run",
    "api": "moderation api",
    "worker": "moderation worker",
    "deliverer": "moderation deliverer",
    "redis": "-server ",
}


class Parts:
    """The service, started again by a thread of ours whenever its supervisor is dead."""

    def __init__(
        self, folder: Path, environ: Mapping[str, str], *, appendfsync: str = "everysec"
    ) -> None:
        self.data_dir, self.log = folder / "data", folder / "service.log"
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = Settings(
            redis_url=embedded_url(self.data_dir),
            data_dir=self.data_dir,
            port=self.port,
            api_processes=2,
            workers=2,
            trainer=False,
            webhooks_allow_private=True,
            appendfsync=appendfsync,
            api_key=API_KEY,
            admin_password=ADMIN_PASSWORD,
        )
        own = self.settings.with_redis("").to_environ()
        others = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX)}
        self._environ = others | own | dict(environ)
        self._groups: set[int] = set()
        self._stopping = threading.Event()
        self._tender = threading.Thread(target=self._tend, name="tender", daemon=True)
        self._run: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts everything and waits until a comment posted now would be decided.

        Raises:
            TimeoutError: it does not get ready.
        """
        self._tender.start()
        deadline = time.monotonic() + READY_S
        while not self._is_ready():
            if time.monotonic() > deadline:
                raise TimeoutError(f"the service did not start; {self.log} says why")
            time.sleep(TEND_S)

    def stop(self) -> None:
        """Ends what was started, politely first."""
        self._stopping.set()
        self._tender.join()
        if self._run and self._run.poll() is None:
            self._run.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._run.wait(STOP_S)
        self.kill_everything()

    def pids(self, role: str) -> list[int]:
        """The processes of a role that run now."""
        return [pid for pid, command in self._processes() if MARKS[role] in command]

    def kill_everything(self) -> None:
        """SIGKILL for all processes at the same moment."""
        for group in self._groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)

    def _tend(self) -> None:
        while not self._stopping.is_set():
            if self._run is None or self._run.poll() is not None:
                self._start_supervisor()
            self._stopping.wait(TEND_S)

    def _start_supervisor(self) -> None:
        with self.log.open("ab") as log:
            self._run = subprocess.Popen(
                [sys.executable, "-P", "-m", "moderation", "run"],
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._groups.add(self._run.pid)

    def _processes(self) -> list[tuple[int, str]]:
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal():
                continue
            with contextlib.suppress(OSError):
                if os.getpgid(int(entry.name)) in self._groups:
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
                    found.append((int(entry.name), command.decode(errors="replace")))
        return found

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
