"""Who is let in, and who is told to come back when."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from moderation import overload
from moderation.domain import Lane
from moderation.errors import RedisAwayError
from moderation.overload import LONGEST_WAIT_S, Bounds, Gate, Pace, Refusal
from moderation.record.pressure import Load

BOUNDS = Bounds(max_pending=1_000)


def load(*, memory: int = 0, most: int = 0, left: int = 0, **waiting: int) -> Load:
    return Load(sum(waiting.values()), waiting, left, memory, most)


def gate(found: Load, bounds: Bounds = BOUNDS) -> Gate:
    return Gate(lambda: found, bounds)


def refusal(
    found: Load, site: str, count: int = 1, lane: Lane = Lane.LIVE, bounds: Bounds = BOUNDS
) -> Refusal | None:
    return gate(found, bounds).refusal(site, count, lane=lane)


class TestPlaces:
    def test_a_site_alone_gets_half_of_them(self):
        assert refusal(load(a=499), "a") is None

        refused = refusal(load(a=500), "a")

        assert refused is not None
        assert refused.is_own

    @pytest.mark.parametrize("sites", [2, 3, 9])
    def test_sites_that_press_get_the_same_share_and_one_share_stays_free(self, sites: int):
        waiting: dict[str, int] = {f"s{number}": 0 for number in range(sites)}
        grown = True
        while grown:
            grown = False
            for site in waiting:
                if refusal(load(**waiting), site) is None:
                    waiting[site] += 1
                    grown = True

        assert {*waiting.values()} <= {1_000 // (sites + 1), 1_000 // (sites + 1) + 1}
        assert refusal(load(**waiting), "newcomer") is None

    def test_without_a_place_nobody_is_let_in_and_it_is_nobodys_own_fault(self):
        refused = refusal(load(a=400, b=600), "newcomer")

        assert refused is not None
        assert not refused.is_own

    def test_batches_are_refused_while_readers_are_still_let_in(self):
        waits = load(a=300, b=450)

        assert refusal(waits, "c", lane=Lane.BULK) is not None
        assert refusal(waits, "c", lane=Lane.LIVE) is None

    def test_a_batch_that_does_not_fit_is_refused_whole(self):
        assert refusal(load(), "a", 375, Lane.BULK) is None
        assert refusal(load(), "a", 376, Lane.BULK) is not None


class TestMemory:
    @pytest.mark.parametrize(
        ("memory", "lanes"),
        [(79, {Lane.LIVE, Lane.BULK}), (80, {Lane.LIVE}), (89, {Lane.LIVE}), (90, set())],
    )
    def test_each_lane_has_its_share(self, memory: int, lanes: set[Lane]):
        let_in = {
            lane
            for lane in Lane
            if refusal(load(memory=memory, most=100), "a", lane=lane) is None
        }

        assert let_in == lanes

    @pytest.mark.parametrize(("of_redis", "of_settings"), [(0, 100), (500, 100), (100, 500)])
    def test_the_smaller_bound_counts(self, of_redis: int, of_settings: int):
        bounds = Bounds(1_000, of_settings)

        refused = refusal(load(memory=95, most=of_redis), "a", bounds=bounds)

        assert refused is not None
        assert refused.retry_after_s == LONGEST_WAIT_S

    def test_without_a_bound_any_amount_is_fine(self):
        assert refusal(load(memory=10**15), "a") is None


class Looking:
    """Looks loads up one after the other, at moments that a test chooses."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, loads: Mapping[float, Load]) -> None:
        self._loads = loads
        self.now = 0.0
        self.count = 0
        monkeypatch.setattr(overload.time, "monotonic", lambda: self.now)

    def look_up(self) -> Load:
        self.count += 1
        return self._loads[self.now]


class TestSamples:
    def test_it_looks_up_now_and_then_and_not_for_each_comment(self, monkeypatch):
        looking = Looking(monkeypatch, {0.0: load(), 0.5: load(a=1_000)})
        asked = Gate(looking.look_up, BOUNDS)

        for _ in range(100):
            assert asked.refusal("a", 1, lane=Lane.LIVE) is None
        assert looking.count == 1

        looking.now = 0.5
        assert asked.refusal("a", 1, lane=Lane.LIVE) is not None

    def test_what_was_let_in_since_counts(self, monkeypatch):
        asked = Gate(Looking(monkeypatch, {0.0: load()}).look_up, BOUNDS)

        let_in = sum(asked.refusal("a", 1, lane=Lane.LIVE) is None for _ in range(2_000))

        assert let_in == 500

    def test_the_wait_follows_the_pace(self, monkeypatch):
        # Given a queue that 20 leave in a second
        looking = Looking(monkeypatch, {0.0: load(a=700), 10.0: load(a=700, left=200)})
        asked = Gate(looking.look_up, BOUNDS)
        first = asked.refusal("a", 1, lane=Lane.LIVE)

        # When
        looking.now = 10.0
        later = asked.refusal("a", 1, lane=Lane.LIVE)

        # Then a pace that is not known yet is taken for none; 402 too many take 21 s
        assert first is not None
        assert later is not None
        assert (first.retry_after_s, later.retry_after_s) == (LONGEST_WAIT_S, 21)

    def test_redis_away_lets_nobody_in_and_the_next_one_looks_again(self):
        loads = iter([RedisAwayError("away"), load()])

        def look_up() -> Load:
            found = next(loads)
            if isinstance(found, Exception):
                raise found
            return found

        asked = Gate(look_up, BOUNDS)
        with pytest.raises(RedisAwayError):
            asked.refusal("a", 1, lane=Lane.LIVE)

        assert asked.refusal("a", 1, lane=Lane.LIVE) is None


class TestPace:
    def test_it_is_that_of_the_last_half_minute(self):
        pace = Pace()
        for second in range(0, 120, 5):
            pace.note(second, 10 * min(second, 60))

        assert pace.per_s() == 0

    def test_after_a_long_silence_the_moment_before_it_still_counts(self):
        pace = Pace()
        for at, left in ((0, 0), (1, 100), (1_000, 1_099)):
            pace.note(at, left)

        assert pace.per_s() == 1

    def test_one_moment_tells_nothing(self):
        pace = Pace()
        pace.note(5, 100)

        assert pace.per_s() == 0
