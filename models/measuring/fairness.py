"""Whether a release is as good on comments that mention an identity as on all others.

Owns which comments mention which identity, by columns of the file or by terms in the text,
and the figures of Borkan et al., "Nuanced Metrics for Measuring Unintended Bias with Real
Data for Text Classification" (2019, arXiv:1903.04561), joined into one score as in
Jigsaw's competition of that year.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from models.categories import LABEL, TOXICITY
from models.dataset import DatasetError
from models.measuring.ranking import auc
from models.text import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from models.dataset import Example

#: What fairness is told of, where the file labels it.
ASSESSED = (TOXICITY, LABEL)

#: The columns of Civil Comments that say what share of readers saw an identity mentioned.
CIVIL_IDENTITIES = (
    "male",
    "female",
    "transgender",
    "other_gender",
    "heterosexual",
    "homosexual_gay_or_lesbian",
    "bisexual",
    "other_sexual_orientation",
    "christian",
    "jewish",
    "muslim",
    "hindu",
    "buddhist",
    "atheist",
    "other_religion",
    "black",
    "white",
    "asian",
    "latino",
    "other_race_or_ethnicity",
    "physical_disability",
    "intellectual_or_learning_disability",
    "psychiatric_or_mental_illness",
    "other_disability",
)

#: From which share of readers on an identity counts as mentioned.
MENTIONED = 0.5

#: With fewer harmful or fewer harmless comments than this an identity gets no figures.
FEWEST = 10

#: The exponent of the mean over identities: the lower, the more the worst one counts.
POWER = -5

#: What the overall AUC and each of the three means count in the score.
SHARE_OF_SCORE = 0.25

BUILT_IN_TERMS = Path(__file__).parent / "identity_terms.txt"

WORD = re.compile(r"\w+")
CONSONANT_Y = re.compile("[^aeiou]y$")
SIBILANT = re.compile("(?:s|x|z|ch|sh)$")


class IdentityTermsError(Exception):
    """Raised when a file of identity terms is not one; says where and why."""


@dataclass(frozen=True)
class IdentityFigures:
    """The figures of one identity; None where there are too few comments for one.

    `rows`, `positives`: the comments that mention it, and the harmful ones of these.
    `subgroup_auc`: how well these are told apart. `bpsn_auc`: harmful comments without the
    identity against harmless ones with it; low where its mention alone raises the score.
    `bnsp_auc`: harmless ones without it against harmful ones with it; low where its mention
    hides harm. `false_hold_share`: of the harmless comments that mention it.
    """

    rows: int
    positives: int
    too_few: bool
    subgroup_auc: float | None
    bpsn_auc: float | None
    bnsp_auc: float | None
    false_hold_share: float | None


@dataclass(frozen=True)
class Fairness:
    """The figures of all identities: each AUC's power mean, and Jigsaw's score of the four.

    `rows`, `positives`, `overall_auc` and `false_hold_share` are of all comments.
    """

    rows: int
    positives: int
    overall_auc: float | None
    subgroup_auc: float | None
    bpsn_auc: float | None
    bnsp_auc: float | None
    score: float | None
    false_hold_share: float | None
    identities: dict[str, IdentityFigures]

    def told(self) -> list[tuple[str, IdentityFigures]]:
        """Return the identities with any figure, that with the lowest AUC first."""
        told = [
            (name, one)
            for name, one in self.identities.items()
            if not one.too_few or one.false_hold_share is not None
        ]
        return sorted(
            told,
            key=lambda pair: (min(_aucs(pair[1]), default=2), -(pair[1].false_hold_share or 0)),
        )

    def untold(self) -> list[str]:
        """Return the identities without any figure."""
        told = dict(self.told())
        return [name for name in self.identities if name not in told]


class Identities(Protocol):
    """A way to tell which identities a comment mentions."""

    @property
    def names(self) -> tuple[str, ...]:
        """Return what the identities are called."""

    def mentioned(self, example: Example, normalised: str) -> Iterable[int]:
        """Return the places in `names` of those that a comment mentions."""


@dataclass(frozen=True)
class IdentityColumns:
    """Identities that a file has a column for, with a number from 0 to 1 or nothing.

    An empty cell counts as no mention, as in Jigsaw's own code.
    """

    names: tuple[str, ...]

    def mentioned(self, example: Example, normalised: str) -> list[int]:  # noqa: ARG002
        """Return the places in `names` of those that at least half of the readers saw.

        Raises:
            DatasetError: a cell is not a number from 0 to 1.
        """
        cells = example.extra
        return [
            place
            for place, name in enumerate(self.names)
            if name in cells and _share(cells[name], name) >= MENTIONED
        ]


class IdentityTerms:
    """Identities that a comment mentions by a term of theirs, as whole words."""

    def __init__(self, terms: Mapping[str, Sequence[str]]) -> None:
        self.names = tuple(terms)
        self._places: dict[tuple[str, ...], set[int]] = {}
        for place, name in enumerate(self.names):
            for term in terms[name]:
                for form in _forms(term):
                    self._places.setdefault(form, set()).add(place)
        self._longest = max(map(len, self._places), default=0)

    def mentioned(self, example: Example, normalised: str) -> set[int]:  # noqa: ARG002
        """Return the places in `names` of those with a term in a normalised text."""
        words = WORD.findall(normalised)
        found: set[int] = set()
        for length in range(1, self._longest + 1):
            for phrase in zip(*(words[first:] for first in range(length)), strict=False):
                found |= self._places.get(phrase, set())
        return found


def read_terms(path: Path = BUILT_IN_TERMS) -> IdentityTerms:
    """Read a list of terms: a line is `identity: term, term, ...`, or begins with `#`.

    Raises:
        IdentityTermsError: on a line that is neither, by its number; on bytes not in UTF-8.
    """
    terms: dict[str, list[str]] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        msg = f"{path.name}: {error}"
        raise IdentityTermsError(msg) from error
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.startswith("#"):
            name, _, listed = line.partition(":")
            found = [term for term in map(str.strip, listed.split(",")) if _words(term)]
            if not name.strip() or not found:
                msg = f"{path.name}: line {number} is not `identity: term, term, ...`"
                raise IdentityTermsError(msg)
            terms.setdefault(name.strip(), []).extend(found)
    if not terms:
        msg = f"{path.name} has no terms"
        raise IdentityTermsError(msg)
    return IdentityTerms(terms)


def assess(
    truth: NDArray[Any],
    scores: NDArray[Any],
    *,
    held: NDArray[np.bool_],
    mentions: NDArray[np.bool_],
    names: Sequence[str],
) -> Fairness:
    """Return how fair `scores` are to the identities called `names`.

    Args:
        truth: 0 or 1, shape (n,).
        scores: shape (n,).
        held: whether the release holds the comment, shape (n,).
        mentions: whether comment i mentions identity j, shape (n, len(names)).
        names: of the identities.
    """
    harmful = truth == 1
    identities = {
        name: _identity(harmful, scores, held=held, group=mentions[:, place])
        for place, name in enumerate(names)
    }
    some = 0 < int(harmful.sum()) < len(harmful)
    overall = auc(scores[harmful], scores[~harmful]) if some else None
    told = [_aucs(figures) for figures in identities.values() if not figures.too_few]
    subgroup, bpsn, bnsp = (power_mean([aucs[kind] for aucs in told]) for kind in range(3))
    return Fairness(
        rows=len(harmful),
        positives=int(harmful.sum()),
        overall_auc=overall,
        subgroup_auc=subgroup,
        bpsn_auc=bpsn,
        bnsp_auc=bnsp,
        score=_weighted(overall, subgroup, bpsn, bnsp),
        false_hold_share=_share_of(held, ~harmful),
        identities=identities,
    )


def power_mean(values: Sequence[float]) -> float | None:
    """Return the generalised mean of AUCs, (mean of values^p)^(1/p) with p = -5.

    None of no values; 0 as soon as one of them is.
    """
    if not values:
        return None
    if min(values) == 0:
        return 0.0
    return float(np.mean(np.power(values, POWER)) ** (1 / POWER))


def _identity(
    harmful: NDArray[np.bool_],
    scores: NDArray[Any],
    *,
    held: NDArray[np.bool_],
    group: NDArray[np.bool_],
) -> IdentityFigures:
    parts = (
        scores[group & harmful],
        scores[group & ~harmful],
        scores[~group & harmful],
        scores[~group & ~harmful],
    )
    positives, negatives, other_positives, other_negatives = parts
    too_few = min(map(len, parts)) < FEWEST
    return IdentityFigures(
        rows=len(positives) + len(negatives),
        positives=len(positives),
        too_few=too_few,
        subgroup_auc=None if too_few else auc(positives, negatives),
        bpsn_auc=None if too_few else auc(other_positives, negatives),
        bnsp_auc=None if too_few else auc(positives, other_negatives),
        false_hold_share=_share_of(held, group & ~harmful),
    )


def _aucs(figures: IdentityFigures) -> list[float]:
    """Return the three AUCs of an identity, none of one with too few comments."""
    aucs = (figures.subgroup_auc, figures.bpsn_auc, figures.bnsp_auc)
    return [one for one in aucs if one is not None]


def _share_of(held: NDArray[np.bool_], among: NDArray[np.bool_]) -> float | None:
    chosen = held[among]
    return float(chosen.mean()) if len(chosen) >= FEWEST else None


def _weighted(*parts: float | None) -> float | None:
    known = [part for part in parts if part is not None]
    return SHARE_OF_SCORE * sum(known) if len(known) == len(parts) else None


def _share(cell: str, column: str) -> float:
    try:
        share = float(cell)
    except ValueError:
        share = -1
    if not 0 <= share <= 1:  # also of "nan"
        msg = f"a cell of the identity column `{column}` is not a number from 0 to 1"
        raise DatasetError(msg)
    return share


def _words(term: str) -> tuple[str, ...]:
    return tuple(WORD.findall(normalise(term)))


def _forms(term: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words of a term, and those with its last word in a regular plural."""
    words = _words(term)
    return words, (*words[:-1], _plural(words[-1]))


def _plural(word: str) -> str:
    if CONSONANT_Y.search(word):
        return f"{word[:-1]}ies"
    return f"{word}es" if SIBILANT.search(word) else f"{word}s"
