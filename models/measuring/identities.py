"""Which comments mention which identity: by columns of the file, or by terms in the text.

Knows nothing of releases and their figures.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from models.dataset import DatasetError
from models.text import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from models.dataset import Example

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

BUILT_IN_TERMS = Path(__file__).parent / "identity_terms.txt"

WORD = re.compile(r"\w+")
CONSONANT_Y = re.compile("[^aeiou]y$")
SIBILANT = re.compile("(?:s|x|z|ch|sh)$")


class IdentityTermsError(Exception):
    """Raised when a file of identity terms is not one; says where and why."""


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
