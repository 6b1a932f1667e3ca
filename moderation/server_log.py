"""gunicorn's log like the rest of the service's: the same lines, nothing of a request."""

from __future__ import annotations

import logging
from typing import Any

from gunicorn.glogging import Logger

#: gunicorn writes an address and the beginning of a request into this one.
REFUSED = "Invalid request"


class ServerLog(Logger):  # type: ignore[misc]
    """Hands gunicorn's lines on to the root logger. Requests are noted by `api.request_log`."""

    def setup(self, cfg: Any) -> None:
        """Called by gunicorn, in its main process and whenever it reads its settings anew."""
        super().setup(cfg)
        for handler in list(self.error_log.handlers):
            self.error_log.removeHandler(handler)
        self.error_log.propagate = True
        self.error_log.addFilter(without_request)


def without_request(record: logging.LogRecord) -> bool:
    """Takes out of a line what came with a request: paths, headers, addresses."""
    if str(record.msg).startswith(REFUSED):
        record.msg, record.args = "an invalid request was refused", ()
    elif record.exc_info:
        # The one line about a request that failed has its path in the arguments.
        record.msg, record.args = str(record.msg).partition("%")[0].strip(), ()
    return True
