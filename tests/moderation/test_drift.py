"""Whether a week still is what the weeks before it were."""

from __future__ import annotations

import math
import random

import pytest

from moderation.drift import (
    FEWEST_DAYS,
    PSI_WATCH,
    VERDICTS,
    Level,
    dispersion,
    of_bins,
    of_share,
    psi,
)

USUAL = [350, 200, 150, 100, 80, 50, 30, 20, 10, 10]


def test_psi_of_the_same_distribution_is_nothing_and_of_another_what_its_formula_says() -> None:
    assert psi([700, 300], [7_000, 3_000]) == pytest.approx(0, abs=1e-4)
    expected = 0.2 * math.log(0.7 / 0.5) + (-0.2) * math.log(0.3 / 0.5)
    assert psi([50_000, 50_000], [70_000, 30_000]) == pytest.approx(expected, abs=1e-4)


def test_a_bin_that_nobody_was_in_before_is_no_infinity() -> None:
    assert 0.1 < psi([1_000, 0], [900, 100]) < 1


def test_days_that_differ_by_chance_have_no_dispersion_but_moods_have() -> None:
    rng = random.Random(1)

    def day(share: float) -> list[int]:
        held = sum(rng.random() < share for _ in range(500))
        return [held, 500 - held]

    assert dispersion([day(0.1) for _ in range(28)]) < 2.2
    assert dispersion([day(rng.choice([0.05, 0.15])) for _ in range(28)]) > 4


def test_a_steady_site_is_as_usual() -> None:
    assert of_bins([USUAL] * 28, [USUAL] * 7).level is Level.USUAL
    found = of_share([[50, 950]] * 28, [[50, 950]] * 7)
    assert found.level is Level.USUAL
    assert found.low < 0.05 < found.high


def test_a_change_that_matters_is_an_alert() -> None:
    assert of_bins([USUAL] * 28, [USUAL[::-1]] * 7).level is Level.ALERT
    found = of_share([[50, 950]] * 28, [[150, 850]] * 7)
    assert found.level is Level.ALERT
    assert found.value == pytest.approx(0.15)
    assert found.usual == pytest.approx(0.05, abs=0.001)


def test_a_change_that_is_certain_but_slight_is_no_alert() -> None:
    # A million comments a day: 5.0 % became 5.3 %.
    found = of_share([[50_000, 950_000]] * 28, [[53_000, 947_000]] * 7)
    assert found.level is Level.WATCH


def test_what_few_comments_do_by_chance_is_no_alert() -> None:
    rng = random.Random(1)

    def day() -> list[int]:
        # Thirty comments over twenty bins, most of them rare.
        found = rng.choices(range(20), weights=[20, *[1] * 19], k=30)
        return [found.count(at) for at in range(20)]

    found = [of_bins([day() for _ in range(28)], [day() for _ in range(7)]) for _ in range(100)]
    # By themselves these PSIs would be worth watching.
    assert sum((one.value or 0) > PSI_WATCH for one in found) > 10
    assert not [one for one in found if one.level.is_out]


@pytest.mark.parametrize(
    ("before", "week"),
    [
        ([[10, 90]] * (FEWEST_DAYS - 1), [[10, 90]] * 7),
        ([[10, 90]] * 28, [[10, 90]]),
        ([[0, 0]] * 28, [[10, 90]] * 7),
        ([[1, 9]] * 28, [[10, 90]] * 7),
        ([[10, 90]] * 28, [[0, 0]] * 7),
    ],
)
def test_too_little_tells_nothing(before: list[list[int]], week: list[list[int]]) -> None:
    for found in (of_share(before, week), of_bins(before, week)):
        assert found.level is Level.UNKNOWN
        assert found.value is None


def test_verdicts_are_fewer_than_comments() -> None:
    assert of_share([[4, 1]] * 28, [[8, 2]] * 7, VERDICTS).level is Level.USUAL
    assert of_share([[4, 1]] * 28, [[8, 2]] * 7).level is Level.UNKNOWN


def test_what_never_happened_may_begin_by_chance() -> None:
    assert of_share([[0, 100]] * 28, [[0, 100]] * 7).level is Level.USUAL
    assert of_share([[0, 100]] * 28, [[0, 100]] * 6 + [[1, 99]]).level is not Level.ALERT
    assert of_share([[0, 100]] * 28, [[20, 80]] * 7).level is Level.ALERT
