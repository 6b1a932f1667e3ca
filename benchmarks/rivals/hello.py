"""Flask's hello world under the very gunicorn configuration of the service."""

from __future__ import annotations

import os
import sys
from typing import Any

from gevent import monkey

monkey.patch_all()

from flask import Flask  # noqa: E402

from moderation.server import Server  # noqa: E402
from moderation.settings import Settings  # noqa: E402


class HelloServer(Server):
    """The service's server with another application in it."""

    def load_config(self) -> None:
        """Called by gunicorn."""
        super().load_config()
        self.cfg.set("post_worker_init", _nothing)

    def load(self) -> Flask:
        """Called by gunicorn in each worker process."""
        app = Flask("hello")
        app.add_url_rule("/", view_func=hello)
        return app


def hello() -> str:
    """The smallest answer."""
    return "Hello, World!"


def _nothing(_: Any) -> None:
    """There are no streams to end."""


if __name__ == "__main__":
    HelloServer(Settings.load(os.environ), int(sys.argv[1])).run()
