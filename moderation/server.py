"""`moderation api`: the application under gunicorn, in gevent workers.

gevent because a server-sent-event stream stays open for hours: hundreds of them must not
keep a thread each from other requests. What bounds connections is in `http_worker.py`.
"""

from __future__ import annotations

import logging
import os
import resource
import threading
import time
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from moderation.app import create_app
from moderation.bootstrap import bootstrap
from moderation.errors import RedisAwayError
from moderation.record import Record
from moderation.server_log import ServerLog
from moderation.settings import Settings

log = logging.getLogger(__name__)

#: How long requests under way may take to end at a shutdown: one that waits for the workers
#: takes up to 8 seconds.
GRACE_S = 9
#: How long a connection may take to begin the next request.
KEEP_ALIVE_S = 30
#: A request's line and each of its headers (bytes), and how many of them.
LINE_BYTES, HEADER_BYTES, HEADERS = 8_190, 8_190, 64
#: A connection's own file and, while it is served, one to Redis; the rest of the process.
FILES_A_CONNECTION, OTHER_FILES = 2, 128
RETRY_S = 1.0
STOP_POLL_S = 0.2
DISMISS_AFTER_S = 1.2


class Server(BaseApplication):
    """gunicorn, configured from the settings alone."""

    def __init__(self, settings: Settings, listen_fd: int | None) -> None:
        self.settings = settings
        self._listen_fd = listen_fd
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn."""
        host = f"[{self.settings.host}]" if ":" in self.settings.host else self.settings.host
        address = f"{host}:{self.settings.port}"
        options: dict[str, Any] = {
            "bind": f"fd://{self._listen_fd}" if self._listen_fd is not None else address,
            "workers": self.settings.api_processes,
            "worker_class": "moderation.http_worker.HttpWorker",
            "worker_connections": connections(self.settings.max_connections),
            "graceful_timeout": GRACE_S,
            "keepalive": KEEP_ALIVE_S,
            "limit_request_line": LINE_BYTES,
            "limit_request_field_size": HEADER_BYTES,
            "limit_request_fields": HEADERS,
            # Files go the way of all answers: a client that does not read is let go.
            "sendfile": False,
            "timeout": 60,
            "loglevel": "warning",
            "post_worker_init": _start_clerk_and_watch,
            # Nothing of a request is logged: comments are personal data.
            "accesslog": None,
            "logger_class": ServerLog,
            "control_socket_disable": True,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Called by gunicorn in each worker process."""
        return create_app(self.settings)


def serve(settings: Settings, *, listen_fd: int | None = None) -> None:
    """Serves until SIGTERM or SIGINT.

    Args:
        settings: all settings.
        listen_fd: a listening socket that a supervisor opened; it has then also made
            the first site.
    """
    if listen_fd is None:
        _bootstrap_when_redis_answers(settings)
    Server(settings, listen_fd).run()


def connections(wanted: int) -> int:
    """How many connections a process serves at once, after raising its limit of open files.

    Args:
        wanted: how many it should; fewer where the machine allows fewer files.
    """
    needed = wanted * FILES_A_CONNECTION + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    if soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    allowed = max((soft - OTHER_FILES) // FILES_A_CONNECTION, 1)
    if allowed < wanted:
        log.warning("%d connections a process, not %d: too few open files", allowed, wanted)
    return min(wanted, allowed)


def _bootstrap_when_redis_answers(settings: Settings) -> None:
    record = Record(settings)
    while True:
        try:
            for line in bootstrap(record, settings).lines():
                print(line, flush=True)  # noqa: T201
        except RedisAwayError as error:
            log.warning("waiting for Redis: %s", error)
            time.sleep(RETRY_S)
        else:
            return


def _start_clerk_and_watch(worker: Any) -> None:
    """Starts what works beside requests, and ends it when the process is asked to end.

    Event streams end then too, instead of at the deadline.
    """
    services = worker.app.wsgi().extensions["moderation"]
    services.clerk.start()

    def watch() -> None:
        parent = os.getppid()
        while worker.alive and os.getppid() == parent:
            time.sleep(STOP_POLL_S)
        services.hub.close()
        # gunicorn stops to accept within a second; who connected till then may say why.
        time.sleep(DISMISS_AFTER_S)
        worker.dismiss_idle()
        services.clerk.close()

    threading.Thread(target=watch, name="shutdown", daemon=True).start()
