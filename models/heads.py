"""What one head of the classifier is learnt by: its regressions, and how far each is held back.

Owns the two ways to begin: from nothing, and from the weights of a parent. Knows nothing of
how regressions are solved or of what becomes of their weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.regression import Regression

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.counts import Counts

#: Weights may move away from a parent's so many times as freely as from nothing. That much
#: is safe where it is known which features are familiar: those of which comments at large are
#: full are held fast, by this much a row that is learnt from. So what the rows say weighs as
#: much as what the parent was learnt from, however many they are. They are held by the
#: root of the share, which forgot least for what it gained (figures in
#: `docs/experiments.md`).
CHANGE_FREEDOM = 40
FAMILIAR_CARE = 0.1

#: The same where it is not known.
UNGUIDED_CHANGE_FREEDOM = 4


def from_nothing(
    head: int,
    counts: Counts,
    *,
    plain_c: float,
    bayes_c: float,
    vectors: NDArray[np.float32] | None,
) -> tuple[Regression, Regression]:
    """Return the plain regression of a head and the one on naive Bayes features.

    Args:
        head: its column.
        counts: what its rows tell of each feature.
        plain_c: inverse strength of the regularisation of the plain one.
        bayes_c: the same of the other.
        vectors: shape (n_tied, dimensions); what ties the weights of the last features.
    """
    free = len(counts.found_in) - (0 if vectors is None else len(vectors))
    rarity = counts.inverse_document_frequencies()
    prior = np.zeros(len(counts.found_in), dtype=np.float32)
    plain, bayes = (
        Regression(head, scale[:free], c, counts.weight, prior, vectors=vectors)
        for scale, c in ((rarity, plain_c), (counts.log_count_ratios() * rarity, bayes_c))
    )
    return plain, bayes


def from_parent(
    head: int,
    counts: Counts,
    *,
    plain_c: float,
    weights: NDArray[np.float32],
    intercept: float,
    familiar: NDArray[np.float32] | None,
) -> Regression:
    """Return the regression that learns a change of a head's weights, as small as may be.

    Args:
        head: its column.
        counts: what its rows tell of each feature.
        plain_c: inverse strength of the regularisation of a plain head from nothing.
        weights: the parent's.
        intercept: the same.
        familiar: the share of comments at large that have each feature, if that is known.
    """
    scale = counts.inverse_document_frequencies()
    freedom = UNGUIDED_CHANGE_FREEDOM
    if familiar is not None:
        freedom = CHANGE_FREEDOM
        care = 1 + FAMILIAR_CARE * counts.weight * np.sqrt(familiar)
        scale = (scale / np.sqrt(care)).astype(np.float32)
    return Regression(head, scale, freedom * plain_c, counts.weight, weights, intercept)
