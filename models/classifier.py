"""The estimator: rows of n-grams in, calibrated probabilities per category out.

Owns what is fitted and how. Each category has a head of its own, the sum of two logistic
regressions: one on features weighted by their rarity (inverse document frequency), one on
features weighted by their naive Bayes log-count ratio as well (NB-SVM: Wang and Manning,
"Baselines and Bigrams", ACL 2012). The first carries further into unknown communities, the
second is better at home. Both are linear, so their sum is one vector of weights a
category, and a score can be explained exactly. One head may have a small network behind it
that hears the strongest stretch of a comment as well (`pooling`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from models.calibration import PLAIN_CURVE, learnt_curve
from models.counts import count
from models.feature_store import Narrowed, Part
from models.heads import from_nothing, from_parent
from models.pooling import PooledHead, WordSums
from models.regression import solve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from models.feature_store import Parts
    from models.reading import Reading
    from models.regression import Regression

#: Weights are rounded to multiples of this share of a head's standard deviation: half of
#: them to nothing. It changes no ranking, and few different values compress well.
ROUNDING_SHARE = 0.1

#: So many regressions share each pass over the rows: an even number, for heads have two.
#: Each takes some 30 times the memory of a weight vector.
REGRESSIONS_AT_ONCE = 8


class CommentClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A linear head with a calibration curve for each category.

    Targets are a float array of shape (n_comments, n_categories) of 0, 1 and NaN; NaN is
    "nobody said", and such a row takes no part in fitting or calibrating that head.

    Args:
        plain_c: inverse regularisation of the plain logistic regression.
        bayes_c: the same of the one on naive Bayes features.
        plain_share: weight of the plain one's logit in the sum; the other has the rest.
        max_iter: how many steps of L-BFGS each regression may take.
        tol: the gradient at which it stops earlier.

    Attributes:
        coef_: float16 or float32, shape (n_features, n_categories).
        intercept_: float64, shape (n_categories,).
        calibration_logits_, calibration_probabilities_: for each category the points of a
            curve that rises; between two points it is straight.
        pooled_: the network behind one of the heads, if there is one.
    """

    coef_: NDArray[Any]
    calibration_logits_: list[NDArray[np.float64]]
    calibration_probabilities_: list[NDArray[np.float64]]
    pooled_: PooledHead | None = None
    _working_weights: NDArray[np.float32]

    def __init__(
        self,
        plain_c: float = 0.05,
        bayes_c: float = 0.03,
        plain_share: float = 0.5,
        max_iter: int = 40,
        tol: float = 1e-3,
    ) -> None:
        self.plain_c = plain_c
        self.bayes_c = bayes_c
        self.plain_share = plain_share
        self.max_iter = max_iter
        self.tol = tol

    def fit(
        self,
        X: csr_matrix,  # noqa: N803
        y: NDArray[Any],
        sample_weight: NDArray[Any] | None = None,
    ) -> CommentClassifier:
        """Fit every head on the rows that are labelled for it.

        Until `calibrate_on` is called, probabilities are those of the plain sigmoid.

        Args:
            X: rows of features.
            y: shape (n_comments, n_categories) of 0, 1 and NaN.
            sample_weight: shape (n_comments,), or (n_comments, n_categories) for weights
                that differ between the heads.
        """
        return self.fit_parts([Part(X, y, _per_head(sample_weight, y.shape))])

    def fit_parts(
        self,
        parts: Parts,
        *,
        parent: CommentClassifier | None = None,
        heads: Iterable[int] | None = None,
        vectors: NDArray[np.float32] | None = None,
        familiar: NDArray[np.float32] | None = None,
        progress: Callable[[], object] = lambda: None,
    ) -> CommentClassifier:
        """Fit on rows that need not fit into memory; they are gone through a few dozen times.

        Args:
            parts: the rows, at least one part of them.
            parent: a classifier with the same columns. What the rows teach is learnt as a
                change of its weights, as small as may be; a head that is not fitted is its.
                Its intercepts stay, and with them the share of abuse that it expects: that
                of a few labelled comments is hardly ever that of all comments.
            heads: those to fit, if the rows have both classes for them; all unless given.
            vectors: shape (n_tied, dimensions). The weights of the last features are not
                free but a linear function of these. Of no account with a parent.
            familiar: the share of comments at large that have each feature, shape
                (n_features,). With a parent, the weights of those are held fast.
            progress: called after each pass over the rows.
        """
        first = next(iter(parts))
        n_features, n_heads = first.rows.shape[1], first.targets.shape[1]
        self._begin((n_features, n_heads), parent)
        chosen = range(n_heads) if heads is None else sorted(heads)
        if parent is None:
            self._learn(parts, chosen, vectors=vectors, progress=progress)
        else:
            self._learn_change(parts, chosen, familiar=familiar, progress=progress)
        return self

    def calibrate_on(
        self,
        logits: NDArray[np.float64],
        targets: NDArray[Any],
        weights: NDArray[Any],
        *,
        heads: Iterable[int] | None = None,
        prior_rows: float = 0,
    ) -> CommentClassifier:
        """Learn what the logits mean from comments that `fit` has not seen.

        Logits, targets and weights are of shape (n_comments, n_categories).

        Args:
            logits: what `judge` says of the comments.
            targets: 0, 1 or NaN.
            weights: what a comment counts.
            heads: those to calibrate; all unless given.
            prior_rows: how many rows the curve that a head has already counts for. It is
                shifted and stretched to the comments first: that takes few of them.
        """
        known = ~np.isnan(targets) & (weights > 0)
        curves = list(
            zip(self.calibration_logits_, self.calibration_probabilities_, strict=True)
        )
        for head in range(targets.shape[1]) if heads is None else heads:
            rows = known[:, head]
            if rows.any():
                found = logits[rows, head], targets[rows, head], weights[rows, head]
                curves[head] = learnt_curve(curves[head], *found, prior_rows=prior_rows)
        self.calibration_logits_ = [points for points, _ in curves]
        self.calibration_probabilities_ = [probabilities for _, probabilities in curves]
        return self

    def compress(self, heads: Iterable[int] | None = None) -> CommentClassifier:
        """Round the weights and halve their precision.

        Those of `heads` are rounded; of all unless given.
        """
        chosen = np.arange(self.coef_.shape[1]) if heads is None else np.array(list(heads))
        steps = ROUNDING_SHARE * self.coef_[:, chosen].std(axis=0)
        steps[steps == 0] = 1
        self.coef_[:, chosen] = np.rint(self.coef_[:, chosen] / steps) * steps
        # One head behind the other: so its few different values are side by side.
        self.coef_ = np.asfortranarray(self.coef_.astype(np.float16))
        return self

    def most_passes(self, heads: int, *, with_parent: bool) -> int:
        """Return how often so many heads go through the rows, but for steps taken back."""
        regressions = heads if with_parent else 2 * heads
        return 1 + math.ceil(regressions / REGRESSIONS_AT_ONCE) * (self.max_iter + 1)

    def with_heads(self, heads: Sequence[int | None]) -> CommentClassifier:
        """Return a classifier with these heads of this one, in this order.

        None stands for a head that has learnt nothing.
        """
        chosen = CommentClassifier(**self.get_params())
        chosen._begin((self.coef_.shape[0], len(heads)), None)
        chosen.coef_ = chosen.coef_.astype(self.coef_.dtype)
        for place, head in enumerate(heads):
            if head is not None:
                chosen.coef_[:, place] = self.coef_[:, head]
                chosen.intercept_[place] = self.intercept_[head]
                chosen.calibration_logits_[place] = self.calibration_logits_[head]
                chosen.calibration_probabilities_[place] = self.calibration_probabilities_[head]
                if self.pooled_ is not None and self.pooled_.head == head:
                    chosen.pooled_ = self.pooled_.behind(place)
        return chosen

    def decision_function(self, X: csr_matrix) -> NDArray[np.float64]:  # noqa: N803
        """Return logits before calibration, shape (n_comments, n_categories)."""
        logits: NDArray[np.float64] = X @ self._weights() + self.intercept_
        return logits

    def judge(self, rows: csr_matrix, reading: Reading) -> NDArray[np.float64]:
        """Return the logits that are calibrated, shape (n_comments, n_categories).

        Args:
            rows: the features of comments.
            reading: where in the comments they are.
        """
        logits = self.decision_function(rows)
        if self.pooled_ is None:
            return logits
        return self.pooled(logits, self.pooled_features(logits, reading, self.pooled_.head))

    def pooled(
        self, logits: NDArray[np.float64], features: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return linear logits with the network's in the place of its head's, if it has one."""
        judged = logits.copy()
        if self.pooled_ is not None:
            judged[:, self.pooled_.head] = self.pooled_.decision_function(features)
        return judged

    def pooled_features(
        self, logits: NDArray[np.float64], reading: Reading, head: int
    ) -> NDArray[np.float64]:
        """Return what a network behind a head sees, shape (n_comments, pooling.N_FEATURES)."""
        return WordSums.of(reading, self.head_weights(head)).features(logits[:, head])

    def head_weights(self, head: int) -> NDArray[np.float32]:
        """Return the weights of one head, shape (n_features,), side by side in memory."""
        weights = self._weights()
        whole, column = self._columns.get(head, (None, weights))
        if whole is not weights:
            column = np.ascontiguousarray(weights[:, head])
            self._columns[head] = weights, column
        return column

    def predict_proba(self, X: csr_matrix) -> NDArray[np.float64]:  # noqa: N803
        """Return calibrated probabilities, shape (n_comments, n_categories).

        Raises:
            ValueError: there is a network behind a head; use `judge` and `calibrate`.
        """
        if self.pooled_ is not None:
            msg = "rows alone do not say where their features are: use judge and calibrate"
            raise ValueError(msg)
        return self.calibrate(self.decision_function(X))

    def predict(self, X: csr_matrix) -> NDArray[np.int64]:  # noqa: N803
        """Return 1 where a category is more likely than not."""
        return (self.predict_proba(X) >= 0.5).astype(np.int64)

    def calibrate(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probabilities that logits mean, same shape; categories come last."""
        probabilities = np.empty_like(logits)
        for head, (points, values) in enumerate(
            zip(self.calibration_logits_, self.calibration_probabilities_, strict=True)
        ):
            probabilities[..., head] = np.interp(logits[..., head], points, values)
        return probabilities

    def unpack(self) -> CommentClassifier:
        """Keep the weights at working precision only, as scoring needs them."""
        self.coef_ = np.ascontiguousarray(self.coef_, dtype=np.float32)
        return self

    @property
    def _columns(self) -> dict[int, tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """The heads' weights that were asked for, each with all weights that it is from."""
        columns: dict[int, Any] = self.__dict__.setdefault("_of_heads", {})
        return columns

    def _weights(self) -> NDArray[np.float32]:
        """Return the weights at working precision, converted once."""
        if self.coef_.dtype == np.float32:
            return self.coef_
        if "_working_weights" not in self.__dict__:
            self._working_weights = np.ascontiguousarray(self.coef_, dtype=np.float32)
        weights: NDArray[np.float32] = self._working_weights
        return weights

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what can be made again."""
        state = dict(super().__getstate__())
        state.pop("_working_weights", None)
        state.pop("_of_heads", None)
        return state

    def _begin(self, shape: tuple[int, int], parent: CommentClassifier | None) -> None:
        """Set what the fitting starts from: the parent, or nothing."""
        self.n_features_in_ = shape[0]
        self.classes_ = np.array([0, 1])
        if parent is None:
            self.coef_ = np.zeros(shape, dtype=np.float32)
            self.intercept_ = np.zeros(shape[1])
            self.calibration_logits_ = [PLAIN_CURVE[0]] * shape[1]
            self.calibration_probabilities_ = [PLAIN_CURVE[1]] * shape[1]
        else:
            self.coef_ = parent.coef_.astype(np.float32)
            self.intercept_ = parent.intercept_.copy()
            self.calibration_logits_ = list(parent.calibration_logits_)
            self.calibration_probabilities_ = list(parent.calibration_probabilities_)
            self.pooled_ = parent.pooled_

    def _learn(
        self,
        parts: Parts,
        heads: Sequence[int],
        *,
        vectors: NDArray[np.float32] | None,
        progress: Callable[[], object],
    ) -> None:
        """Learn some heads from nothing, each by a plain and by a naive Bayes regression."""
        counts = count(parts, heads, len(self.coef_))
        progress()
        regressions = [
            regression
            for head, its_own in zip(heads, counts, strict=True)
            if its_own.has_both_classes
            for regression in from_nothing(
                head, its_own, plain_c=self.plain_c, bayes_c=self.bayes_c, vectors=vectors
            )
        ]
        del counts  # it is large
        share = self.plain_share
        solved = self._solved(regressions, parts, progress)
        for (one, plain), (_, bayes) in zip(solved, solved, strict=True):
            self.coef_[:, one.head] = share * plain[0] + (1 - share) * bayes[0]
            self.intercept_[one.head] = share * plain[1] + (1 - share) * bayes[1]

    def _learn_change(
        self,
        parts: Parts,
        heads: Sequence[int],
        *,
        familiar: NDArray[np.float32] | None,
        progress: Callable[[], object],
    ) -> None:
        """Learn how far some heads are to move away from where they are."""
        counts = count(parts, heads, len(self.coef_))
        progress()
        # A feature that no row has stays as it is: small files have few.
        columns = np.flatnonzero(sum(one.found_in for one in counts))
        regressions = [
            from_parent(
                head,
                its_own.of_columns(columns),
                plain_c=self.plain_c,
                weights=np.ascontiguousarray(self.coef_[columns, head]),
                intercept=float(self.intercept_[head]),
                familiar=None if familiar is None else familiar[columns],
            )
            for head, its_own in zip(heads, counts, strict=True)
            if its_own.has_both_classes
        ]
        del counts  # it is large
        narrowed = Narrowed(parts, columns)
        for one, (weights, _) in self._solved(regressions, narrowed, progress):
            self.coef_[columns, one.head] = weights

    def _solved(
        self, regressions: Sequence[Regression], parts: Parts, progress: Callable[[], object]
    ) -> Iterator[tuple[Regression, tuple[NDArray[np.float32], float]]]:
        """Yield each regression with the weights and the intercept that it came to."""
        for begin in range(0, len(regressions), REGRESSIONS_AT_ONCE):
            some = regressions[begin : begin + REGRESSIONS_AT_ONCE]
            solutions = solve(
                some, parts, max_iter=self.max_iter, tol=self.tol, progress=progress
            )
            yield from zip(some, solutions, strict=True)


def _per_head(
    sample_weight: NDArray[Any] | None, shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """Return weights of `shape` (n_comments, n_categories) from whatever was given."""
    given = np.ones(shape[0]) if sample_weight is None else sample_weight
    weights: NDArray[np.float64] = np.asarray(given, dtype=np.float64)
    columns = weights if weights.ndim == 2 else weights[:, None]
    return np.asarray(np.broadcast_to(columns, shape))
