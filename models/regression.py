"""Regularised logistic regressions on rows that need not fit into memory.

Owns the loss, its gradient and its minimisation. All regressions advance in step, so that
one pass over the rows serves them all. Knows nothing of comments.

The objective is scikit-learn's: for labels y in {0, 1} with weights s,

    C * sum(s * log(1 + exp(-(2y - 1) * (x . coef + intercept)))) + |d|^2 / 2,

where coef = prior + scale * d; prior = 0 and scale = 1 is `LogisticRegression`. The weights
of the last features may be tied together by vectors: there, coef = prior + vectors . d. Being
divided by C * sum(s), `tol` and `max_iter` mean what they mean there. The minimum is
sought by L-BFGS (Nocedal and Wright, "Numerical Optimization", 2006, algorithm 7.5).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from numpy.typing import NDArray

    from models.feature_store import HeadRows, Parts

#: How many past steps L-BFGS remembers the curvature of.
REMEMBERED_STEPS = 10

#: What share of the decrease that the slope promises a step must bring (Armijo).
SUFFICIENT_DECREASE = 1e-4

#: A step is halved so often before the point counts as the lowest that can be told apart.
MAX_HALVINGS = 20

Vector: TypeAlias = "NDArray[np.float32]"
#: A point asks, a loss with its gradient answers, the minimum is returned.
Descent: TypeAlias = "Generator[Vector, tuple[float, Vector], Vector]"


@dataclass(frozen=True)
class Regression:
    """One regression: the head whose targets it learns, and how it is held back.

    Args:
        head: the column of targets and weights.
        scale: shape (n_features - n_tied,). Where it is large, a weight costs little.
        c: inverse strength of the regularisation.
        total_weight: the sum of the head's weights over all rows that take part.
        prior, prior_intercept: what the regression says where no row says otherwise.
        vectors: shape (n_tied, dimensions), of the last features; none are tied unless given.
    """

    head: int
    scale: Vector
    c: float
    total_weight: float
    prior: Vector
    prior_intercept: float = 0.0
    vectors: NDArray[np.float32] | None = None

    @property
    def start(self) -> Vector:
        """The point at which nothing has changed: d, and the intercept's change behind it."""
        dimensions = 0 if self.vectors is None else self.vectors.shape[1]
        return np.zeros(len(self.scale) + dimensions + 1, dtype=np.float32)

    def coef(self, point: Vector) -> Vector:
        """Return the weights at a point."""
        free = self.scale * point[: len(self.scale)]
        if self.vectors is None:
            return self.prior + free
        return self.prior + np.concatenate((free, self.vectors @ point[len(self.scale) : -1]))

    def gradient(self, slope: Vector) -> Vector:
        """Return the gradient at a point from that by the weights and the intercept."""
        free = slope[: len(self.scale)] * self.scale
        if self.vectors is None:
            return np.append(free, slope[-1])
        tied = self.vectors.T @ slope[len(self.scale) : -1]
        return np.concatenate((free, tied, slope[-1:]))

    def intercept(self, point: Vector) -> float:
        """Return the intercept at a point."""
        return self.prior_intercept + float(point[-1])


def solve(
    regressions: Sequence[Regression],
    parts: Parts,
    *,
    max_iter: int,
    tol: float,
    progress: Callable[[], object] = lambda: None,
) -> list[tuple[Vector, float]]:
    """Return weights, shape (n_features,), and intercept of each regression.

    Args:
        regressions: what to fit.
        parts: the rows, gone through once for each step.
        max_iter: how many steps each may take.
        tol: the largest component of a gradient at which it stops earlier.
        progress: called after each pass over the rows.
    """
    descents: list[Descent] = [
        _descend(one.start, max_iter=max_iter, tol=tol) for one in regressions
    ]
    asked = {number: next(descent) for number, descent in enumerate(descents)}
    lowest: dict[int, Vector] = {}
    while asked:
        pending = [(regressions[number], point) for number, point in asked.items()]
        answers = _losses(pending, parts)
        for number, answer in zip(list(asked), answers, strict=True):
            try:
                asked[number] = descents[number].send(answer)
            except StopIteration as stop:
                lowest[number] = stop.value
                del asked[number]
        progress()
    return [
        (one.coef(lowest[number]), one.intercept(lowest[number]))
        for number, one in enumerate(regressions)
    ]


def _losses(
    asked: Sequence[tuple[Regression, Vector]], parts: Parts
) -> list[tuple[float, Vector]]:
    """Return loss and gradient of each regression at its point, by one pass over the rows."""
    coefs = [one.coef(point) for one, point in asked]
    losses = [0.0] * len(asked)
    slopes = [np.zeros(len(one.prior) + 1) for one, _ in asked]
    for part in parts:
        of_head = {head: part.of_head(head) for head in {one.head for one, _ in asked}}
        for number, (one, point) in enumerate(asked):
            if (rows := of_head[one.head]) is not None:
                losses[number] += _add_loss(
                    rows, coefs[number], one.intercept(point), slopes[number]
                )
    return [
        _regularised(one, point, loss, slope)
        for (one, point), loss, slope in zip(asked, losses, slopes, strict=True)
    ]


def _add_loss(
    part: HeadRows, coef: Vector, intercept: float, slope: NDArray[np.float64]
) -> float:
    """Return the loss on a part of one head; add its gradient to `slope`."""
    logits = (part.rows @ coef).astype(np.float64) + intercept
    errors = part.weights * (sigmoid(logits) - part.targets)
    slope[:-1] += part.rows.T @ errors.astype(np.float32)
    slope[-1] += errors.sum()
    return float(part.weights @ (np.logaddexp(0, logits) - part.targets * logits))


def _regularised(
    one: Regression, point: Vector, loss: float, slope: NDArray[np.float64]
) -> tuple[float, Vector]:
    """Return the objective and its gradient from those of the bare loss."""
    change = point[:-1]
    strength = 1 / (one.c * one.total_weight)
    gradient = one.gradient((slope / one.total_weight).astype(np.float32))
    gradient[:-1] += np.float32(strength) * change
    return loss / one.total_weight + strength / 2 * _dot(change, change), gradient


def _descend(point: Vector, *, max_iter: int, tol: float) -> Descent:
    """Walk to the minimum of a convex function that is told point by point."""
    loss, gradient = yield point
    curvature: deque[tuple[Vector, Vector]] = deque(maxlen=REMEMBERED_STEPS)
    for _ in range(max_iter):
        if float(np.abs(gradient).max()) <= tol:
            break
        direction = -_newton_step(gradient, curvature)
        slope = _dot(gradient, direction)
        length = 1.0 if curvature else min(1.0, 1 / _dot(gradient, gradient) ** 0.5)
        for _ in range(MAX_HALVINGS):
            there = point + np.float32(length) * direction
            loss_there, gradient_there = yield there
            if loss_there <= loss + SUFFICIENT_DECREASE * length * slope:
                break
            length /= 2
        else:
            break
        moved, bent = there - point, gradient_there - gradient
        point, loss, gradient = there, loss_there, gradient_there
        if not _dot(moved, bent) > 0:
            break  # the function curves everywhere: the steps are down to rounding errors
        curvature.append((moved, bent))
    return point


def _newton_step(gradient: Vector, curvature: Sequence[tuple[Vector, Vector]]) -> Vector:
    """Return the inverse Hessian times the gradient, as far as past steps tell (7.4)."""
    step = gradient.copy()
    shares = []
    for moved, bent in reversed(curvature):
        share = _dot(moved, step) / _dot(moved, bent)
        step -= np.float32(share) * bent
        shares.append(share)
    if curvature:
        moved, bent = curvature[-1]
        step *= np.float32(_dot(moved, bent) / _dot(bent, bent))
    for (moved, bent), share in zip(curvature, reversed(shares), strict=True):
        step += np.float32(share - _dot(bent, step) / _dot(moved, bent)) * moved
    return step


def _dot(one: Vector, other: Vector) -> float:
    return float(np.dot(one, other))


def sigmoid(logits: NDArray[Any]) -> NDArray[np.float64]:
    """Return 1 / (1 + exp(-logits)), which no logit overflows."""
    return np.asarray(0.5 * (1 + np.tanh(logits / 2)))
