"""Log lines: one object a line, with what they are about and without what nobody may read."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from moderation import logs
from moderation.errors import RedisAwayError
from moderation.settings import Settings

SECRET = "words of a comment"


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger as a process that just began has it, and as it was afterwards."""
    root, steps = logging.getLogger(), logging.getLogger(logs.STEPS)
    handlers, level, hooks = root.handlers[:], root.level, sys.excepthook
    root.handlers.clear()
    logs.begin()
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)
    steps.setLevel(logging.NOTSET)
    sys.excepthook = hooks
    logging.captureWarnings(False)


@pytest.fixture
def stderr(root: logging.Logger) -> io.StringIO:
    """Where lines go; no terminal."""
    return io.StringIO()


Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(stderr: io.StringIO) -> Lines:
    """The lines of a worker so far, read as JSON."""
    configure(stderr, "worker", log_requests=True)
    return lambda: [json.loads(line) for line in stderr.getvalue().splitlines()]


def configure(stderr: io.StringIO, command: str, **settings: Any) -> None:
    """Configures as in a process that just began: pytest has handlers and a stderr, too."""
    logging.getLogger().handlers.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", stderr)
        logs.configure(Settings(**settings), command)


def raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:
        return caught


class TestJson:
    def test_a_line_says_when_who_how_bad_and_what(self, lines: Lines) -> None:
        logging.getLogger("moderation.x").warning("Redis is away: %s", "timeout")

        [line] = lines()
        assert line.pop("pid")
        assert line.pop("time").endswith("Z")
        assert line == {
            "level": "WARNING",
            "logger": "moderation.x",
            "message": "Redis is away: timeout",
            "process": "worker",
        }

    def test_lines_inside_carry_what_they_are_about_and_those_after_do_not(
        self, lines: Lines
    ) -> None:
        with logs.about(job_id="j1"):
            logs.step("decided", comment_id="c1")
        logs.step("decided", comment_id="c2")

        first, second = lines()
        assert (first["job_id"], first["comment_id"]) == ("j1", "c1")
        assert second["comment_id"] == "c2"
        assert "job_id" not in second

    def test_a_new_request_knows_nothing_of_the_one_before(self, lines: Lines) -> None:
        logs.begin(request_id="r1")
        logs.note(comment_id="c1")
        logs.step("answered")
        logs.begin(request_id="r2")
        logs.step("answered")

        first, second = lines()
        assert (first["request_id"], first["comment_id"]) == ("r1", "c1")
        assert second["request_id"] == "r2"
        assert "comment_id" not in second

    @pytest.mark.parametrize("evil", ["a\nERROR forged", "a\u2028b", "a\x1b[31m", "\u202eb"])
    def test_nothing_a_stranger_chose_ends_the_line_or_hides(
        self, lines: Lines, stderr: io.StringIO, evil: str
    ) -> None:
        logs.step("decided", comment_id=evil)

        [line] = lines()
        assert line["comment_id"] == evil
        assert stderr.getvalue().removesuffix("\n").isprintable()

    def test_an_exception_tells_where_it_was_but_not_what_it_quotes(self, lines: Lines) -> None:
        error = raised(ValueError(SECRET))

        logging.getLogger("x").error("stumbled", exc_info=error)

        [line] = lines()
        assert line["error"] == "ValueError"
        assert "test_logs.py" in line["trace"][0]
        assert SECRET not in json.dumps(line)

    def test_neither_does_the_cause_of_one_of_ours(self, lines: Lines) -> None:
        try:
            raise RedisAwayError("no answer") from raised(KeyError(SECRET))
        except RedisAwayError:
            logging.getLogger("x").exception("stumbled")

        [line] = lines()
        assert line["trace"][-1] == "RedisAwayError: no answer"
        assert "KeyError" in line["trace"]
        assert SECRET not in json.dumps(line)

    def test_a_process_that_dies_says_so_in_such_a_line(self, lines: Lines) -> None:
        error = raised(LookupError(SECRET))

        sys.excepthook(type(error), error, error.__traceback__)

        [line] = lines()
        assert (line["level"], line["error"]) == ("CRITICAL", "LookupError")


class TestText:
    @pytest.fixture(autouse=True)
    def _text(self, stderr: io.StringIO) -> None:
        configure(stderr, "worker", log_format="text", log_requests=True)

    def test_facts_stand_behind_the_message(self, stderr: io.StringIO) -> None:
        logs.step("decided", comment_id="c1", status="held")

        assert stderr.getvalue().endswith("decided comment_id=c1 status=held\n")

    def test_no_message_forges_a_line(self, stderr: io.StringIO) -> None:
        logging.getLogger("x").warning("refused %s", "a\n2026 ERROR forged\x1b[31m\u202e")

        [line] = stderr.getvalue().splitlines()
        assert line.isprintable()

    def test_an_exception_stands_below_without_its_words(self, stderr: io.StringIO) -> None:
        logging.getLogger("x").error("stumbled", exc_info=raised(ValueError(SECRET)))

        assert "\n    ValueError\n" in stderr.getvalue()
        assert SECRET not in stderr.getvalue()


@pytest.mark.parametrize(
    ("log_format", "command", "is_json"),
    [
        ("auto", "worker", True),
        ("auto", "site list", False),
        ("text", "worker", False),
        ("json", "site list", True),
    ],
)
def test_processes_write_json_unasked_and_commands_only_if_told(
    stderr: io.StringIO, log_format: str, command: str, is_json: bool
) -> None:
    configure(stderr, command, log_format=log_format)

    logging.getLogger("x").warning("hello")

    assert stderr.getvalue().startswith("{") is is_json


def test_on_a_terminal_lines_are_for_eyes(
    stderr: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stderr, "isatty", lambda: True)
    configure(stderr, "worker")

    logging.getLogger("x").warning("hello")

    assert stderr.getvalue().endswith("x: hello\n")


def test_steps_are_noted_only_if_asked_for(stderr: io.StringIO) -> None:
    configure(stderr, "worker")

    logs.step("decided", comment_id="c1")

    assert not logs.are_steps_noted()
    assert not stderr.getvalue()


class TestUnrepeated:
    @pytest.fixture
    def now(self) -> list[float]:
        """The time, to be moved."""
        return [0.0]

    @pytest.fixture
    def warn(self, stderr: io.StringIO, now: list[float]) -> Callable[..., None]:
        """Writes a line, a warning unless told otherwise."""
        handler = logging.StreamHandler(stderr)
        handler.setFormatter(logs.JsonLines("api"))
        handler.addFilter(logs.Unrepeated(lambda: now[0]))

        def warn(words: str, level: int = logging.WARNING) -> None:
            handler.handle(logging.LogRecord("x", level, __file__, 1, words, (), None))

        return warn

    @staticmethod
    def written(stderr: io.StringIO) -> list[tuple[str, int | None]]:
        lines = map(json.loads, stderr.getvalue().splitlines())
        return [(line["message"], line.get("repeated")) for line in lines]

    def test_a_thousand_equal_warnings_are_one_and_then_a_number(
        self, stderr: io.StringIO, warn: Callable[..., None], now: list[float]
    ) -> None:
        for _ in range(1_000):
            warn("Redis is away")
        now[0] = logs.REPEAT_AFTER_S + 1
        warn("Redis is away")

        assert self.written(stderr) == [("Redis is away", None), ("Redis is away", 999)]

    def test_another_warning_is_never_hidden_behind_it(
        self, stderr: io.StringIO, warn: Callable[..., None]
    ) -> None:
        for words in ("Redis is away", "a worker died", "Redis is away"):
            warn(words)

        assert self.written(stderr) == [("Redis is away", None), ("a worker died", None)]

    @pytest.mark.parametrize("level", [logging.INFO, logging.ERROR, logging.CRITICAL])
    def test_neither_is_anything_that_is_no_warning(
        self, stderr: io.StringIO, warn: Callable[..., None], level: int
    ) -> None:
        for _ in range(3):
            warn("again", level)

        assert len(self.written(stderr)) == 3
