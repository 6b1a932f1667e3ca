"""What the service says of itself while it runs: log lines, as JSON objects or for eyes.

Owns how a line looks and which facts it carries. Knows neither HTTP nor Redis. A line never
holds a comment's text, a secret or a person's address: facts are ids, names and numbers, and
of an exception that is not ours only its type and place are told, since its words may quote
what it stumbled over.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType

from moderation.settings import Settings

#: Command → what its process is called. Only these write JSON unasked: whoever types another
#: command reads it.
PROCESSES: Mapping[str, str] = {
    "run": "supervisor",
    "api": "api",
    "worker": "worker",
    "trainer": "trainer",
    "deliverer": "deliverer",
}
TEXT_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
#: Where steps go: requests answered, comments decided, messages sent.
STEPS = "moderation.steps"
#: The same warning is shown so often at most: while Redis is away every request has one.
REPEAT_AFTER_S = 10.0
#: Innermost places of an exception that are told.
TRACE_PLACES = 20
#: Modules whose exceptions say nothing that a stranger wrote.
_PLAIN_SPOKEN = ("moderation.errors", "redis.exceptions")

Facts = Mapping[str, object]

_steps = logging.getLogger(STEPS)
_about: ContextVar[Facts] = ContextVar("about", default={})  # noqa: B039 - never changed in place


def step(what: str, **facts: object) -> None:
    """Notes a step of a request or comment; nothing unless `MODERATION_LOG_REQUESTS` is on."""
    if _steps.isEnabledFor(logging.INFO):
        _steps.info(what, extra={"facts": facts})


def are_steps_noted() -> bool:
    """Whether `step` writes anything: to gather facts for nothing is a waste."""
    return _steps.isEnabledFor(logging.INFO)


def begin(**facts: object) -> None:
    """Begins something new, a request say: its lines carry these facts and no earlier ones."""
    _about.set(facts)


def note(**facts: object) -> None:
    """Lets further lines about what was begun carry these facts, too."""
    _about.set({**_about.get(), **facts})


@contextmanager
def about(**facts: object) -> Iterator[None]:
    """Lets every line inside carry these facts."""
    before = _about.set({**_about.get(), **facts})
    try:
        yield
    finally:
        _about.reset(before)


def configure(settings: Settings, command: str) -> None:
    """Decides for this process how lines look and which are shown.

    Args:
        settings: all settings.
        command: the one that was typed, `run` or `worker` say.
    """
    process = PROCESSES.get(command, "command")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(process) if _is_json(settings, command) else TextLines())
    handler.addFilter(Unrepeated())
    logging.basicConfig(level=settings.log_level, handlers=[handler])
    _steps.setLevel(logging.INFO if settings.log_requests else logging.WARNING)
    logging.captureWarnings(True)
    if command in PROCESSES:
        _log_what_nobody_caught()


def _is_json(settings: Settings, command: str) -> bool:
    if settings.log_format != "auto":
        return settings.log_format == "json"
    return command in PROCESSES and not sys.stderr.isatty()


class Unrepeated(logging.Filter):
    """Lets the same warning through now and then; the next one tells how many were hidden."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._began = clock()
        self._now: Counter[tuple[str, str]] = Counter()
        self._before: Counter[tuple[str, str]] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to show a line."""
        if record.levelno != logging.WARNING:
            return True
        if self._clock() - self._began > REPEAT_AFTER_S:
            self._began, self._before, self._now = self._clock(), self._now, Counter()
        said = (record.name, record.getMessage())
        self._now[said] += 1
        if self._now[said] > 1:
            return False
        if self._before[said] > 1:
            record.facts = {**_own(record), "repeated": self._before[said] - 1}
        return True


class JsonLines(logging.Formatter):
    """One JSON object (RFC 8259) a line, ASCII: nothing in it can end the line or hide."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": self._process,
            "pid": os.getpid(),
            **_facts(record),
        }
        if error := _error(record):
            line["error"] = type(error).__qualname__
            line["trace"] = list(_told(error))
        return json.dumps(line, separators=(",", ":"), default=str)


class TextLines(logging.Formatter):
    """A line for eyes: message, then facts as `name=value`; an exception below it."""

    def __init__(self) -> None:
        super().__init__(TEXT_FORMAT)

    def format(self, record: logging.LogRecord) -> str:
        """The line, or the lines."""
        record.asctime = self.formatTime(record)
        record.message = record.getMessage()
        facts = "".join(f" {name}={value}" for name, value in _facts(record).items())
        lines = [self.formatMessage(record) + facts]
        if error := _error(record):
            lines += [f"    {line}" for line in _told(error)]
        return "\n".join(map(_on_one_line, lines))


def _facts(record: logging.LogRecord) -> Facts:
    return {**_about.get(), **_own(record)}


def _own(record: logging.LogRecord) -> Facts:
    own: Facts = getattr(record, "facts", {})
    return own


def _error(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if record.exc_info else None


def _told(error: BaseException) -> Iterator[str]:
    """What went wrong and where, the cause first; never the words of an error not ours."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _told(cause)
    for place in traceback.extract_tb(error.__traceback__, limit=-TRACE_PLACES):
        yield f"{place.filename}:{place.lineno} in {place.name}"
    kind = type(error)
    is_plain = isinstance(error, OSError) or kind.__module__.startswith(_PLAIN_SPOKEN)
    yield f"{kind.__qualname__}: {error}" if is_plain else kind.__qualname__


def _on_one_line(text: str) -> str:
    """The text with whatever could forge a line, or turn its direction, escaped."""
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )


def _log_what_nobody_caught() -> None:
    """Lets a process, or a thread of it, that dies of an exception say so in such a line."""
    log = logging.getLogger(__name__)

    def of_process(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        log.critical("this process ends: nobody caught", exc_info=(kind, error, trace))

    def of_thread(died: threading.ExceptHookArgs) -> None:
        if died.exc_value is not None:
            caught = (died.exc_type, died.exc_value, died.exc_traceback)
            log.critical("a thread ends: nobody caught", exc_info=caught)

    sys.excepthook, threading.excepthook = of_process, of_thread
