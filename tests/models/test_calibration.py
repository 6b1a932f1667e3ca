"""What logits mean: curves that are moved to other comments rise, and stay where they must."""

from __future__ import annotations

import numpy as np
import pytest

from models.calibration import PLAIN_CURVE, blended, recalibrated, taken_over
from models.regression import sigmoid


def _comments(count: int, *, shift: float, stretch: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 1.5, count)
    return logits, (rng.random(count) < sigmoid(shift + stretch * logits)).astype(float)


@pytest.mark.parametrize(("shift", "stretch"), [(1.5, 1.0), (-1.0, 0.5), (0.0, 1.5)])
def test_a_few_hundred_comments_tell_shift_and_stretch(shift: float, stretch: float) -> None:
    logits, truth = _comments(600, shift=shift, stretch=stretch)

    points, values = recalibrated(PLAIN_CURVE, logits, truth, np.ones(600))

    asked = np.linspace(-2, 2, 9)
    found = np.interp(asked, points, values)
    assert np.abs(found - sigmoid(shift + stretch * asked)).max() < 0.08
    assert np.all(np.diff(values) >= 0)


def test_comments_that_weigh_nothing_move_nothing() -> None:
    logits, truth = _comments(50, shift=2, stretch=1)

    points, values = recalibrated(PLAIN_CURVE, logits, truth, np.full(50, 1e-9))

    inside = np.abs(points) < 8  # beyond, probabilities are cut to a margin
    assert np.allclose(values[inside], np.interp(points, *PLAIN_CURVE)[inside], atol=2e-4)


def test_where_no_comments_are_the_old_curve_stays() -> None:
    logits, truth = _comments(400, shift=1.5, stretch=0.4)
    near = np.abs(logits) < 1
    new = recalibrated(PLAIN_CURVE, logits, truth, np.ones(400))

    points, values = taken_over(new, PLAIN_CURVE, logits[near], np.ones(int(near.sum())))

    assert np.interp(6, points, values) == pytest.approx(sigmoid(np.array(6)), abs=0.01)
    assert np.interp(0, points, values) == pytest.approx(np.interp(0, *new), abs=0.05)
    assert np.all(np.diff(values) >= 0)


def test_a_learnt_curve_keeps_its_say_however_many_comments_there_are() -> None:
    old = recalibrated(PLAIN_CURVE, *_comments(600, shift=1.5, stretch=1), np.ones(600))
    logits, truth = _comments(600, shift=-1, stretch=0.5)
    rare = 4.0  # about one comment in forty is within a logit of it

    few, many, of_plain = (
        float(np.interp(rare, *taken_over(new, base, logits, np.full(600, weight))))
        for weight, base in ((1, old), (1000, old), (1000, PLAIN_CURVE))
        for new in [recalibrated(base, logits, truth, np.full(600, weight))]
    )

    assert many == pytest.approx(few, abs=0.02)
    assert of_plain == pytest.approx(sigmoid(np.array(-1 + 0.5 * rare)), abs=0.05)
    assert many > of_plain + 0.1


def test_a_blend_rises_where_one_of_both_has_a_step() -> None:
    step = np.array([-12.0, 0.0, 0.001, 12.0]), np.array([0.2, 0.2, 0.8, 0.8])

    _, values = blended(step, PLAIN_CURVE, share=0.5)

    assert np.all(np.diff(values) > 0)
