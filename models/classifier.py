"""The estimator: rows of n-grams in, calibrated probabilities per category out.

Owns what is fitted and how. Each category has a head of its own, the sum of two logistic
regressions: one on features weighted by their rarity (inverse document frequency), one on
features weighted by their naive Bayes log-count ratio as well (NB-SVM: Wang and Manning,
"Baselines and Bigrams", ACL 2012). The first carries further into unknown communities, the
second is better at home. Both are linear, so their sum is one vector of weights a
category, and a score can be explained exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

#: Added to every feature's count, so that an unseen one has a finite ratio.
COUNT_SMOOTHING = 0.1

#: Into how many parts the calibration curve cuts all logits, and those of the positives.
CALIBRATION_QUANTILES = 24

#: How far beyond the outermost bins the curve reaches 0 and 1.
TAIL_LOGITS = 10.0

#: No comment is certain to be anything.
PROBABILITY_MARGIN = 1e-4

#: Weights below this share of a head's standard deviation are dropped: they say nothing,
#: and zeros compress.
PRUNING_SHARE = 0.05


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
    """

    coef_: NDArray[Any]
    _working_weights: NDArray[np.float32]

    def __init__(
        self,
        plain_c: float = 0.05,
        bayes_c: float = 0.01,
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
        progress: Callable[[int], object] = lambda _head: None,
    ) -> CommentClassifier:
        """Fit every head on the rows that are labelled for it.

        Until `fit_calibration` is called, probabilities are those of the plain sigmoid.

        Args:
            X: rows of features.
            y: shape (n_comments, n_categories) of 0, 1 and NaN.
            sample_weight: shape (n_comments,), or (n_comments, n_categories) for weights
                that differ between the heads.
            progress: called with the number of each head when it is done.
        """
        weights = _per_head(sample_weight, y.shape)
        self.n_features_in_ = X.shape[1]
        self.classes_ = np.array([0, 1])
        self.coef_ = np.zeros((X.shape[1], y.shape[1]), dtype=np.float32)
        self.intercept_ = np.zeros(y.shape[1])
        for head in range(y.shape[1]):
            known = np.flatnonzero(~np.isnan(y[:, head]) & (weights[:, head] > 0))
            self.coef_[:, head], self.intercept_[head] = self._fit_head(
                X[known], y[known, head], weights[known, head]
            )
            progress(head)
        curve = np.linspace(-12, 12, 97)
        self.calibration_logits_ = [curve] * y.shape[1]
        self.calibration_probabilities_ = [_sigmoid(curve)] * y.shape[1]
        return self

    def fit_calibration(
        self,
        X: csr_matrix,  # noqa: N803
        y: NDArray[Any],
        sample_weight: NDArray[Any] | None = None,
    ) -> CommentClassifier:
        """Learn what the logits mean from comments that `fit` has not seen."""
        logits = self.decision_function(X)
        weights = _per_head(sample_weight, y.shape)
        curves = list(
            zip(self.calibration_logits_, self.calibration_probabilities_, strict=True)
        )
        for head, known in enumerate((~np.isnan(y) & (weights > 0)).T):
            if known.any():
                curves[head] = _calibration_curve(
                    logits[known, head], y[known, head], weights[known, head]
                )
        self.calibration_logits_ = [points for points, _ in curves]
        self.calibration_probabilities_ = [probabilities for _, probabilities in curves]
        return self

    def compress(self) -> CommentClassifier:
        """Drop weights that say nothing and halve the precision of the rest."""
        floor = PRUNING_SHARE * self.coef_.std(axis=0)
        self.coef_ = np.where(np.abs(self.coef_) < floor, 0, self.coef_).astype(np.float16)
        return self

    def decision_function(self, X: csr_matrix) -> NDArray[np.float64]:  # noqa: N803
        """Return logits before calibration, shape (n_comments, n_categories)."""
        logits: NDArray[np.float64] = X @ self._weights() + self.intercept_
        return logits

    def predict_proba(self, X: csr_matrix) -> NDArray[np.float64]:  # noqa: N803
        """Return calibrated probabilities, shape (n_comments, n_categories)."""
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

    def _weights(self) -> NDArray[np.float32]:
        """Return the weights at working precision, converted once."""
        if "_working_weights" not in self.__dict__ or self.coef_.dtype == np.float32:
            self._working_weights = np.asarray(self.coef_, dtype=np.float32)
        weights: NDArray[np.float32] = self._working_weights
        return weights

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what can be made again."""
        state = dict(super().__getstate__())
        state.pop("_working_weights", None)
        return state

    def _fit_head(
        self, rows: csr_matrix, truth: NDArray[Any], weights: NDArray[Any]
    ) -> tuple[NDArray[np.float32], float]:
        """Return weights and intercept of one head; all 0 when there is one class only."""
        if len(np.unique(truth)) < 2:
            return np.zeros(rows.shape[1], dtype=np.float32), 0.0
        rarity = _inverse_document_frequencies(rows)
        ratios = _log_count_ratios(rows, truth, weights) * rarity
        plain, plain_intercept = self._regress(rows, rarity, truth, weights, c=self.plain_c)
        bayes, bayes_intercept = self._regress(rows, ratios, truth, weights, c=self.bayes_c)
        share = self.plain_share
        coef = share * plain + (1 - share) * bayes
        return coef, share * plain_intercept + (1 - share) * bayes_intercept

    def _regress(
        self,
        rows: csr_matrix,
        scale: NDArray[np.float32],
        truth: NDArray[Any],
        weights: NDArray[Any],
        *,
        c: float,
    ) -> tuple[NDArray[np.float32], float]:
        """Fit on columns times `scale`; return weights for the columns as they are.

        Where the scale is large, a weight costs little: regularisation is all it changes.
        """
        # Only training needs this part of scikit-learn; a worker starts without it.
        from sklearn.linear_model import LogisticRegression

        scaled = rows.copy()
        scaled.data *= scale[rows.indices]
        model = LogisticRegression(C=c, max_iter=self.max_iter, tol=self.tol)
        model.fit(scaled, truth, sample_weight=weights)
        return (model.coef_[0] * scale).astype(np.float32), float(model.intercept_[0])


def _per_head(
    sample_weight: NDArray[Any] | None, shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """Return weights of `shape` (n_comments, n_categories) from whatever was given."""
    given = np.ones(shape[0]) if sample_weight is None else sample_weight
    weights: NDArray[np.float64] = np.asarray(given, dtype=np.float64)
    columns = weights if weights.ndim == 2 else weights[:, None]
    return np.asarray(np.broadcast_to(columns, shape))


def _inverse_document_frequencies(rows: csr_matrix) -> NDArray[np.float32]:
    """Return log((1 + rows) / (1 + rows with it)) + 1 per column, as scikit-learn's tf-idf."""
    found_in = np.bincount(rows.indices, minlength=rows.shape[1])
    return np.asarray(np.log((1 + rows.shape[0]) / (1 + found_in)) + 1, dtype=np.float32)


def _log_count_ratios(
    rows: csr_matrix, truth: NDArray[Any], weights: NDArray[Any]
) -> NDArray[np.float32]:
    """Return log (share of a feature among positives / among negatives), per column."""
    positives = rows.T @ (weights * truth) + COUNT_SMOOTHING
    negatives = rows.T @ (weights * (1 - truth)) + COUNT_SMOOTHING
    ratios = np.log(positives / positives.sum()) - np.log(negatives / negatives.sum())
    return np.asarray(ratios, dtype=np.float32)


def _calibration_curve(
    logits: NDArray[Any], truth: NDArray[Any], weights: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points of a rising curve from logits to probabilities.

    The logits are cut into bins, at quantiles of all and at quantiles of the positives, so
    that rare categories have bins where they occur. Isotonic regression over the bins'
    shares of positives makes the curve rise; a slight slope keeps it from ever being flat,
    for two logits that differ shall differ as probabilities.
    """
    from sklearn.isotonic import IsotonicRegression

    cuts = np.linspace(0, 1, CALIBRATION_QUANTILES + 1)[1:-1]
    edges = np.unique(np.quantile(logits, cuts))
    if np.any(truth == 1):
        edges = np.union1d(edges, np.quantile(logits[truth == 1], cuts))
    bins = np.searchsorted(edges, logits, side="right")
    sizes = np.bincount(bins, weights=weights)
    filled = sizes > 0
    sizes = sizes[filled]
    points = np.bincount(bins, weights=weights * logits)[filled] / sizes
    shares = np.bincount(bins, weights=weights * truth)[filled] / sizes
    rising = IsotonicRegression(y_min=PROBABILITY_MARGIN, y_max=1 - PROBABILITY_MARGIN)
    values = rising.fit_transform(points, shares, sample_weight=sizes)
    tilt = np.linspace(-PROBABILITY_MARGIN, PROBABILITY_MARGIN, len(values)) / 2
    return (
        np.concatenate(([points[0] - TAIL_LOGITS], points, [points[-1] + TAIL_LOGITS])),
        np.concatenate(([0], values + tilt, [1])),
    )


def _sigmoid(logits: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-logits)))
