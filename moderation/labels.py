"""A label: what people say that a comment truly is, as the classifier learns it.

Owns what counts as the same text, which labels a verdict makes, how labels of one text are
folded, and how a label is stored. Pure: it knows neither the record nor the models, whose
categories and least numbers are repeated here (a test holds them together).
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any

from moderation.domain import Action, ReasonCode, Violation
from moderation.encoding import compact_json

#: Whether a comment should be held, for whatever reason: 1 or 0.
LABEL = "label"
TOXICITY, IDENTITY_ATTACK, SPAM = "toxicity", "identity_attack", "spam"
#: What else may be labelled: the classifier's categories.
CATEGORIES = (
    TOXICITY,
    "severe_toxicity",
    "obscene",
    "threat",
    "insult",
    IDENTITY_ATTACK,
    SPAM,
)
NAMES = (LABEL, *CATEGORIES)

#: A comment that a person saw by chance stands for the many like it that nobody saw: for
#: 1/propensity of them. No label outweighs so many others: one mistake would decide all.
MOST_WEIGHT = 50.0
#: What an import may say; a number that large is a mistake.
MOST_IMPORTED_WEIGHT = 1e6

#: A category is learnt from at least so many labels of 0 and of 1, those not counted that are
#: kept back to measure and calibrate on, which is this share.
FEWEST_OF_A_LABEL = 10
KEPT_BACK_SHARE = 0.3

#: What a comment is rejected for → the categories that its text then has for certain. A text
#: that hounds somebody need be no threat, and an insult no obscenity: those stay unknown.
_TEACHES: Mapping[Violation, tuple[str, ...]] = {
    Violation.OFFENSIVE: (TOXICITY,),
    Violation.ABUSIVE: (TOXICITY,),
    Violation.HARASSMENT_BULLYING: (TOXICITY,),
    Violation.HATE_SPEECH: (TOXICITY, IDENTITY_ATTACK),
    Violation.SPAM: (SPAM,),
    Violation.ILLEGAL_CONTENT: (),
    Violation.OTHER: (),
}
#: No words show it: the same text is right under another article, or was true last year.
NOT_IN_THE_WORDS = frozenset({Violation.IRRELEVANT_CONTENT, Violation.MISINFORMATION})

#: `label` or a category → 0 or 1; what is absent is unknown.
Values = Mapping[str, int]


class LabelOrigin(StrEnum):
    """Where a label comes from."""

    DECISION = "decision"
    """A moderator's verdict that stands, on a comment that is still there."""
    IMPORT = "import"
    KEPT = "kept"
    """The comment was erased, with the wish to keep what its verdict taught."""
    SUGGESTION = "suggestion"
    """Sent in by a site through a drop-in endpoint: a verdict that was made elsewhere."""


@dataclass(frozen=True, slots=True)
class Label:
    """One text and what people said about it.

    Attributes:
        id: the digest of what counts as the same text, see `label_id`.
        text: the text as posted or imported.
        labels: `label` or a category → 0 or 1; what is absent is unknown.
        origin: where it comes from.
        who: whose verdict it is, or who imported it; "" once the comment is erased.
        at: when, RFC 3339; "" like `who`.
        release: the release that had scored the comment, "" for none.
        scores: its scores then.
        weight: how many comments it stands for, see `MOST_WEIGHT`.
        comment_id: the comment, "" if there is none (any more).
    """

    id: str
    text: str
    labels: Values
    origin: LabelOrigin
    who: str = ""
    at: str = ""
    release: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    weight: float = 1.0
    comment_id: str = ""

    def row(self) -> dict[str, Any]:
        """The label as `moderation labels import` takes it; a weight of 1 goes unsaid."""
        weight = {} if self.weight == 1.0 else {"weight": self.weight}
        return {"text": self.text, **self.labels, **weight}

    def stored(self) -> str:
        """As an imported or kept label is stored, empty parts left out."""
        parts = {
            "text": self.text,
            "labels": dict(self.labels),
            "origin": self.origin.value,
            "who": self.who,
            "at": self.at,
            "weight": self.weight if self.weight != 1.0 else None,
        }
        return compact_json({name: value for name, value in parts.items() if value})

    @classmethod
    def from_stored(cls, id_: str, stored: str) -> Label:
        """As `stored` wrote it."""
        parts = json.loads(stored)
        return cls(id_, **{**parts, "origin": LabelOrigin(parts["origin"])})

    def kept(self) -> Label:
        """What is left of it when its comment is erased: text and verdict, no person."""
        return Label(self.id, self.text, self.labels, LabelOrigin.KEPT, weight=self.weight)


def label_id(text: str) -> str:
    """A digest of a text's lower-case letters and digits: texts with the same are one.

    Vowel signs and accents belong to their letters. A text without any letter (emoji,
    dashes) is only the same as itself.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_BARE)
    return sha256((folded or text).encode("utf-8", "replace")).hexdigest()[:32]


class _Bare(dict[int, str | None]):
    """Keeps letters, digits and their marks, drops all else; remembers each character."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        found = self[code] = char if unicodedata.category(char)[0] in "LNM" else None
        return found


_BARE = _Bare()


def labels_of(
    action: Action, violation: Violation | None, categories: Iterable[str]
) -> dict[str, int] | None:
    """The labels that a verdict makes, `None` if it says nothing about the words.

    An approval says that nothing in the text is to be held, and that it is no advertising.
    A category that the moderator named is there, whatever else they decided.

    Args:
        action: approve or reject; keeping a comment held is no verdict.
        violation: what it was rejected for.
        categories: the classifier's categories that the moderator named.
    """
    named = dict.fromkeys((one for one in categories if one in CATEGORIES), 1)
    if action is Action.APPROVE:
        return {LABEL: 0, SPAM: 0} | named
    if action is not Action.REJECT:
        return None
    if violation in NOT_IN_THE_WORDS and not named:
        return None
    taught = _TEACHES.get(violation, ()) if violation else ()
    return {LABEL: 1} | dict.fromkeys(taught, 1) | named


def labels_of_decision(decision: Mapping[str, Any]) -> dict[str, int] | None:
    """The same, of a person's decision as the contract writes it."""
    codes = {reason["code"] for reason in decision["reasons"]}
    violation = next((one for one in Violation if one in codes), None)
    told = {violation, ReasonCode.LABEL}
    named = [
        reason["category"]
        for reason in decision["reasons"]
        if reason["code"] in told and "category" in reason
    ]
    return labels_of(Action(decision["action"]), violation, named)


def weight_of(propensity: str | None) -> float:
    """How many comments one stands for that was sampled with this propensity, "0.02".

    1 for one that came to a person for another reason, or whose propensity is none.
    """
    try:
        share = float(propensity or 1)
    except ValueError:
        return 1.0
    return min(1 / share, MOST_WEIGHT) if 0 < share < 1 else 1.0


def contradict(one: Values, other: Values) -> bool:
    """Whether two say different things about the same."""
    return any(other.get(name, value) != value for name, value in one.items())


def taught(labels: Values) -> dict[str, int]:
    """Category → 0 or 1 as the classifier is taught it.

    A plain label is about toxicity, unless that is labelled itself or it is spam.
    """
    found = {name: value for name, value in labels.items() if name != LABEL}
    plain = labels.get(LABEL)
    if plain is not None and TOXICITY not in found and not found.get(SPAM):
        found[TOXICITY] = plain
    return found


@dataclass(slots=True)
class _Folded:
    labels: dict[str, int]
    weight: float
    places: list[str]
    is_contradictory: bool = False
    is_taken: bool = False


class Folding:
    """Labelled texts, those with the same text folded into one; holds no text itself.

    Offer each row, then take each text: what is there more than once is given once, with all
    that its rows say and the weight of the first; what contradicts itself is not given.
    """

    def __init__(self) -> None:
        self._found: dict[str, _Folded] = {}
        self.rows = 0

    def offer(self, place: str, text: str, labels: Values, weight: float = 1.0) -> None:
        """Adds a row; `place` is where a person finds it."""
        self.rows += 1
        known = self._found.setdefault(label_id(text), _Folded({}, weight, []))
        known.places.append(place)
        known.is_contradictory |= contradict(known.labels, labels)
        known.labels |= labels

    @property
    def contradictions(self) -> list[Sequence[str]]:
        """The places of each text that has different labels."""
        return [one.places for one in self._found.values() if one.is_contradictory]

    @property
    def texts(self) -> int:
        """How many different texts there are."""
        return len(self._found)

    @property
    def duplicates(self) -> int:
        """How many rows say again what another one says."""
        alike = (one for one in self._found.values() if not one.is_contradictory)
        return sum(len(one.places) - 1 for one in alike)

    def take(self, text: str, *, who: str, at: str) -> Label | None:
        """The label of a text, to be imported; `None` the second time, and if contradictory."""
        id_ = label_id(text)
        folded = self._found.get(id_)
        if folded is None or folded.is_taken or folded.is_contradictory:
            return None
        folded.is_taken = True
        return Label(
            id_, text, folded.labels, LabelOrigin.IMPORT, who, at, weight=folded.weight
        )

    def place(self, id_: str) -> str:
        """Where the first row of a text stands."""
        return self._found[id_].places[0]
