"""How many connections a process serves: as many as wanted, or as there are files for."""

from __future__ import annotations

import logging
import resource

import pytest

from moderation import server
from moderation.server import FILES_A_CONNECTION, OTHER_FILES, connections

NEEDED = 1_000 * FILES_A_CONNECTION + OTHER_FILES


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The limits of open files, soft and hard; the last ones that were set count."""
    found = [(256, 4_096)]
    monkeypatch.setattr(server.resource, "getrlimit", lambda _: found[-1])
    monkeypatch.setattr(server.resource, "setrlimit", lambda _, pair: found.append(pair))
    return found


def test_the_soft_limit_is_raised_to_what_is_needed(limits: list[tuple[int, int]]) -> None:
    assert connections(1_000) == 1_000
    assert limits[-1] == (NEEDED, 4_096)


def test_a_limit_that_is_high_enough_is_left_alone(limits: list[tuple[int, int]]) -> None:
    limits[:] = [(NEEDED, NEEDED)]

    assert connections(1_000) == 1_000
    assert limits == [(NEEDED, NEEDED)]


def test_where_files_are_few_so_are_connections_and_the_log_says_so(
    limits: list[tuple[int, int]], caplog: pytest.LogCaptureFixture
) -> None:
    limits[:] = [(256, 1_128)]

    with caplog.at_level(logging.WARNING):
        assert connections(1_000) == 500

    assert limits[-1] == (1_128, 1_128)
    assert "too few open files" in caplog.text


def test_without_any_limit_nothing_is_set(limits: list[tuple[int, int]]) -> None:
    limits[:] = [(resource.RLIM_INFINITY, resource.RLIM_INFINITY)]

    assert connections(1_000) == 1_000
    assert len(limits) == 1
