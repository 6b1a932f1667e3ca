"""gunicorn's lines, which must say nothing that a request said."""

from __future__ import annotations

import logging

import pytest
from gunicorn.config import Config

from moderation.server_log import ServerLog


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> ServerLog:
    """gunicorn's log, as its workers have it."""
    return ServerLog(Config())


def test_lines_go_the_way_of_all_others(
    log: ServerLog, caplog: pytest.LogCaptureFixture
) -> None:
    log.warning("Worker (pid:%s) was sent SIGKILL", 17)

    assert "Worker (pid:17) was sent SIGKILL" in caplog.messages
    assert not log.error_log.handlers


def test_a_refused_request_is_told_without_its_address_and_words(
    log: ServerLog, caplog: pytest.LogCaptureFixture
) -> None:
    log.warning("Invalid request from ip=203.0.113.9: GET /secret")

    assert caplog.messages == ["an invalid request was refused"]


def test_neither_is_the_path_of_one_that_failed(
    log: ServerLog, caplog: pytest.LogCaptureFixture
) -> None:
    try:
        raise ValueError
    except ValueError:
        log.exception("Error handling request %s", "/secret")

    assert caplog.messages == ["Error handling request"]


@pytest.fixture(autouse=True)
def _as_it_was() -> None:
    """gunicorn's logger is one for the process."""
    logging.getLogger("gunicorn.error").filters.clear()
