"""Parts of `moderation run`: how soon one that died starts again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from moderation import supervisor
from moderation.supervisor import FIRST_PAUSE_S, LONGEST_PAUSE_S, SETTLED_S, Part


class Clock:
    """A clock that the test sets; the supervisor's own goes by it."""

    now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(supervisor, "time", clock)
    return clock


@pytest.fixture
def part() -> Iterator[Part]:
    part = Part("sleeper", ["sleep", "60"], {})
    part.start()
    yield part
    if part.process:
        part.process.kill()
        part.process.wait()


def kill(part: Part) -> None:
    assert part.process is not None
    part.process.kill()
    part.process.wait()


def pause_after_death(part: Part, clock: Clock, *, lived_s: float) -> float:
    """How long a part stays away that lives so long and is killed; it is started again."""
    clock.now += lived_s
    kill(part)
    part.tend()
    pause_s = part.next_start - clock.now
    clock.now = part.next_start
    part.tend()
    assert part.alive
    return pause_s


def test_a_part_that_lived_for_a_while_starts_again_at_once(part: Part, clock: Clock) -> None:
    part.started_at = clock.now
    pauses = [pause_after_death(part, clock, lived_s=SETTLED_S) for _ in range(6)]
    assert pauses == pytest.approx([FIRST_PAUSE_S] * 6)


def test_a_part_that_dies_early_waits_longer_each_time_but_never_very_long(
    part: Part, clock: Clock
) -> None:
    part.started_at = clock.now
    pauses = [pause_after_death(part, clock, lived_s=0.1) for _ in range(10)]
    doubled = [FIRST_PAUSE_S * 2**number for number in range(10)]
    assert pauses == pytest.approx([min(one, LONGEST_PAUSE_S) for one in doubled])


def test_once_it_lived_for_a_while_earlier_deaths_are_forgotten(
    part: Part, clock: Clock
) -> None:
    part.started_at = clock.now
    for _ in range(5):
        pause_after_death(part, clock, lived_s=0.1)
    assert pause_after_death(part, clock, lived_s=SETTLED_S) == pytest.approx(FIRST_PAUSE_S)
    assert pause_after_death(part, clock, lived_s=0.1) == pytest.approx(FIRST_PAUSE_S)
