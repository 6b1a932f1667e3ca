"""What is asked of the figures of a site's days: which of them are the bins of a measure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from moderation.drift import COMMENTS, VERDICTS, Bins, Finding, Least, of_bins, of_share
from moderation.observations import (
    ALL_WORDS,
    LANGUAGE,
    SCORE,
    SCORE_RANGES,
    SEEN,
    UNKNOWN_WORDS,
)
from moderation.wording import category_label

#: A day belongs to a release that scored at least so much of it.
RELEASE_SHARE = 0.9
#: Languages of fewer comments than this share are one.
LANGUAGE_SHARE = 0.01
#: Words come in comments: a few thousand of them are a few hundred comments.
_WORDS = Least(5_000, 10_000)

#: The figures of one day of a site.
Figures = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Question:
    """A measure: which figures of a day are its bins, and how they are compared.

    Attributes:
        name: for machines, `scores:toxicity`.
        label: for people.
        bins: the bins of a day.
        compare: what a week of them comes to.
        least: how many it takes to tell.
        is_share: whether it is the share of the first of two bins, else a PSI.
        by_release: whether it hangs on the release that decided.
    """

    name: str
    label: str
    bins: Callable[[Figures], Bins]
    compare: Callable[[Sequence[Bins], Sequence[Bins], Least], Finding]
    least: Least = COMMENTS
    by_release: bool = False

    @property
    def is_share(self) -> bool:
        """Whether its values are shares, else they are PSIs."""
        return self.compare is of_share


def questions(figures: Sequence[Figures]) -> Iterator[Question]:
    """Every question that can be asked of some days."""
    yield Question("held", "Comments held by the machine", _held, of_share, by_release=True)
    yield Question(
        "agreement",
        "Held comments that moderators rejected",
        _agreed,
        of_share,
        VERDICTS,
        by_release=True,
    )
    yield Question("unknown_words", "Words unknown to the release", _words, of_share, _WORDS)
    yield Question("languages", "Languages", _languages(figures), of_bins)
    for category in _named(figures, SCORE):
        label = f"Scores of {category_label(category)}"
        yield Question(f"scores:{category}", label, _scores(category), of_bins, by_release=True)


def releases_of(figures: Sequence[Figures]) -> Iterator[str]:
    """The release that scored on each of some days, "" where several did.

    On a day without comments it is that of the day before.
    """
    last = ""
    for day in figures:
        seen = _named([day], SEEN)
        whole = sum(seen.values())
        if whole:
            version = max(seen, key=seen.__getitem__)
            last = version if seen[version] >= RELEASE_SHARE * whole else ""
        yield last


def _held(figures: Figures) -> Bins:
    return [
        sum(figures.get(f"decided|{source}|{status}", 0) for source in ("classifier", "policy"))
        for status in ("held", "approved")
    ]


def _agreed(figures: Figures) -> Bins:
    found: Counter[str] = Counter()
    for name, amount in figures.items():
        kind, _, rest = name.partition("|")
        if kind == "agreement_by":
            found[rest.partition("|")[2]] += amount
    return [max(found[f"hold|{person}"], 0) for person in ("reject", "approve")]


def _words(figures: Figures) -> Bins:
    unknown = figures.get(UNKNOWN_WORDS, 0)
    return [unknown, figures.get(ALL_WORDS, 0) - unknown]


def _scores(category: str) -> Callable[[Figures], Bins]:
    names = [f"{SCORE}|{category}|{at}" for at in range(SCORE_RANGES)]
    return lambda figures: [figures.get(name, 0) for name in names]


def _languages(figures: Sequence[Figures]) -> Callable[[Figures], Bins]:
    counted = _named(figures, LANGUAGE)
    least = LANGUAGE_SHARE * sum(counted.values())
    common = [f"{LANGUAGE}|{tag}" for tag, count in counted.items() if count >= least]
    rare = [f"{LANGUAGE}|{tag}" for tag, count in counted.items() if count < least]
    return lambda day: [
        *(day.get(name, 0) for name in common),
        sum(day.get(name, 0) for name in rare),
    ]


def _named(figures: Sequence[Figures], kind: str) -> dict[str, int]:
    """What stands behind the kind of a figure → how often, in order of the names."""
    counted: Counter[str] = Counter()
    for day in figures:
        for name, amount in day.items():
            found, _, rest = name.partition("|")
            if found == kind:
                counted[rest.partition("|")[0]] += amount
    return dict(sorted(counted.items()))
