"""Parts of `moderation run`: how soon one that died starts again."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from moderation import embedded, supervisor
from moderation.settings import Settings
from moderation.supervisor import (
    FIRST_PAUSE_S,
    LONGEST_PAUSE_S,
    SETTLED_S,
    Part,
    Supervisor,
)


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


def test_asked_to_end_while_its_server_loads_it_goes_without_a_complaint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a server that takes long to load its data
    started = tmp_path / "started"
    load = f"echo $$ >{started}.part; mv {started}.part {started}; exec sleep 600"
    monkeypatch.setattr(embedded, "server_command", lambda *_, **__: ["sh", "-c", load])
    settings = Settings(data_dir=tmp_path, port=0, workers=0)

    def end_once_it_loads() -> None:
        while not started.exists():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)

    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    # When it is asked to end
    with ThreadPoolExecutor(1) as aside:
        aside.submit(end_once_it_loads)
        Supervisor(settings, say_ready=lambda _: None).run()
    for one, handler in before.items():
        signal.signal(one, handler)
    # Then the server has ended, too
    assert not Path("/proc", started.read_text().strip()).exists()
