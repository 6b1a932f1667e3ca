"""The regression set: sentences of our own making that every release is held to.

Owns the file, and how a release fares on it, kind by kind. A site's test labels say how
well a candidate learnt what its moderators want; this set says what it must not have
unlearnt, whatever the labels were. No release is trained on it, none of it is from a data
set, and its wording is mild, for it is public.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.categories import CATEGORIES, LABEL
from models.dataset import Example
from models.measuring import figures
from models.measuring.evaluation import measure
from models.measuring.shares import Share

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from models.measuring.evaluation import Judged, Measured
    from models.measuring.figures import CategoryReport
    from models.release import Release

FILE = Path(__file__).with_suffix(".jsonl")

#: What the sentences are examples of. `identity` names groups, kindly or with contempt;
#: `counter` denies, quotes and blames abuse, or pretends to; `spam` has its look-alikes.
KINDS = ("harmless", "hostile", "evasive", "identity", "spam", "counter", "languages")

#: The row of a report that is about all kinds together.
ALL = "all"


@dataclass(frozen=True)
class RegressionExample:
    """A sentence: what it is an example of, and name of the label -> 0 or 1.

    `labels` has the plain `label` always, and the categories that the sentence tells of.
    """

    text: str
    kind: str
    labels: Mapping[str, int]


@dataclass(frozen=True)
class KindReport:
    """The figures of one kind at the release's own thresholds.

    None where a kind has no harmless or no harmful sentences, or there is no telling.
    """

    rows: int
    positives: int
    right: Share
    false_holds: Share | None
    misses: Share | None
    roc_auc: float | None
    roc_auc_ci: tuple[float, float] | None


@dataclass(frozen=True)
class RegressionReport:
    """How a release fares: by kind (and `ALL`), and by category over all kinds.

    `examples` and `judged` are what it is taken from, in the same order; they are no part
    of the JSON.
    """

    version: str
    fingerprint: str
    kinds: dict[str, KindReport]
    categories: dict[str, CategoryReport]
    examples: Sequence[RegressionExample] = field(repr=False)
    judged: Mapping[str, Judged] = field(repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON, without a text."""
        return {
            "version": self.version,
            "fingerprint": self.fingerprint,
            "kinds": {name: asdict(one) for name, one in self.kinds.items()},
            "categories": {name: asdict(one) for name, one in self.categories.items()},
        }


@cache
def examples() -> tuple[RegressionExample, ...]:
    """Return the sentences, always in the same order."""
    rows = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    return tuple(
        RegressionExample(
            row["text"],
            row["kind"],
            {name: row[name] for name in (LABEL, *CATEGORIES) if name in row},
        )
        for row in rows
    )


def fingerprint(some: Sequence[RegressionExample]) -> str:
    """Return the SHA-256 digest of sentences and labels: figures compare under the same."""
    told = [[one.text, one.kind, sorted(one.labels.items())] for one in some]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def measure_regression(release: Release, some: Sequence[RegressionExample]) -> RegressionReport:
    """Measure a release on the set; see `RegressionReport`."""
    labelled = [Example(one.text, dict(one.labels)) for one in some]
    return _report(measure([release], labelled)[0], some)


def rows_of(some: Sequence[RegressionExample], kind: str) -> NDArray[np.bool_]:
    """Return which sentences are of a kind, shape (n,)."""
    return np.array([kind in (ALL, one.kind) for one in some])


def _report(measured: Measured, some: Sequence[RegressionExample]) -> RegressionReport:
    judged = measured.judged[LABEL]
    present = {one.kind for one in some}
    return RegressionReport(
        measured.report.version,
        fingerprint(some),
        {
            kind: _kind_report(judged, rows_of(some, kind))
            for kind in (*KINDS, ALL)
            if kind == ALL or kind in present
        },
        {name: one for name, one in measured.report.categories.items() if name != LABEL},
        some,
        measured.judged,
    )


def _kind_report(judged: Judged, rows: NDArray[np.bool_]) -> KindReport:
    harmful, held = judged.truth == 1, judged.held
    told = figures.report(judged.truth[rows], judged.scores[rows], held=held[rows])
    return KindReport(
        rows=told.rows,
        positives=told.positives,
        right=Share.of(int((harmful == held)[rows].sum()), told.rows),
        false_holds=Share.among(held, rows & ~harmful),
        misses=Share.among(~held, rows & harmful),
        roc_auc=told.roc_auc,
        roc_auc_ci=told.roc_auc_ci,
    )
