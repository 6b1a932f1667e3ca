"""`moderation api`: the application under gunicorn, in gevent workers.

gevent because a server-sent-event stream stays open for hours: hundreds of them must not
keep a thread each from other requests.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from moderation.app import create_app
from moderation.bootstrap import bootstrap
from moderation.errors import RedisAwayError
from moderation.record import Record
from moderation.settings import Settings

log = logging.getLogger(__name__)

#: Connections that one process serves at once.
CONNECTIONS = 2_000
#: How long open requests may take to end at a shutdown; idle connections take all of it.
GRACE_S = 4
KEEP_ALIVE_S = 30
RETRY_S = 1.0
STOP_POLL_S = 0.2


class Server(BaseApplication):
    """gunicorn, configured from the settings alone."""

    def __init__(self, settings: Settings, listen_fd: int | None) -> None:
        self._settings = settings
        self._listen_fd = listen_fd
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn."""
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        address = f"{host}:{self._settings.port}"
        options: dict[str, Any] = {
            "bind": f"fd://{self._listen_fd}" if self._listen_fd is not None else address,
            "workers": self._settings.api_processes,
            "worker_class": "gevent",
            "worker_connections": CONNECTIONS,
            "graceful_timeout": GRACE_S,
            "keepalive": KEEP_ALIVE_S,
            "timeout": 60,
            "loglevel": "warning",
            "post_worker_init": _start_clerk_and_watch,
            # Nothing of a request is logged: comments are personal data.
            "accesslog": None,
            "control_socket_disable": True,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Called by gunicorn in each worker process."""
        return create_app(self._settings)


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
        services.clerk.close()

    threading.Thread(target=watch, name="shutdown", daemon=True).start()
