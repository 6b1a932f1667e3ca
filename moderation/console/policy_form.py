"""The policy as the fields of a form: as texts, as they are shown and as they are sent.

A draft that cannot be used is shown again as it was sent; the fields are checked as the body
of `PUT /v1/policy` is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from marshmallow import ValidationError

from moderation.api.policy_schemas import PolicySchema
from moderation.api.problems import flatten
from moderation.policy import LISTS, Policy

SWITCHES = ("hold_suspect_words", "hold_first_time_authors")
#: Empty: the rule is off.
NUMBERS = ("link_limit", "reports_to_hold")
#: Shares, shown and sent as per cent. Empty: nothing.
PERCENTAGES = ("review_share",)
CHOICES = ("unsupported_language", "queue_order")
#: Rules of several numbers; all of them empty: the rule is off.
RULES = {"flood": ("comments", "window_s"), "duplicates": ("by_author", "by_anyone")}
THRESHOLD, NEVER = "threshold.", "never."
ON = "on"
#: So many characters of a number are read: Python would read a number of any length.
NUMBER_CHARACTERS = 20

_SCHEMA = PolicySchema()


class FormError(Exception):
    """Raised when a draft cannot be used; `errors` has messages by field."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("the draft cannot be used as it is")
        self.errors = errors


@dataclass(frozen=True, slots=True)
class PolicyForm:
    """The fields; one that is absent is empty, or switched off."""

    fields: Mapping[str, str]

    @classmethod
    def of(cls, policy: Policy, thresholds: Mapping[str, float | None]) -> Self:
        """The fields of a policy, with the thresholds that hold by category."""
        written = policy.to_json()
        found = {name: "\n".join(written[name]) for name in LISTS}
        found |= {name: ON for name in SWITCHES if written[name]}
        found |= {name: _text(written[name]) for name in (*NUMBERS, *CHOICES)}
        found |= {name: f"{100 * written[name]:.6g}" for name in PERCENTAGES}
        for rule, parts in RULES.items():
            numbers = written[rule] or {}
            found |= {f"{rule}.{part}": _text(numbers.get(part)) for part in parts}
        for category, threshold in thresholds.items():
            found[THRESHOLD + category] = _text(threshold)
            if threshold is None:
                found[NEVER + category] = ON
        return cls(found)

    def policy(self, categories: Sequence[str]) -> Policy:
        """The fields as a policy, with a threshold for each of the categories.

        Raises:
            FormError: it cannot be one.
        """
        try:
            return Policy.from_json(_SCHEMA.load(self._body(categories)))
        except ValidationError as error:
            raise FormError(_by_field(error)) from None

    def lines(self, name: str) -> list[str]:
        """The entries of a list: one a line, each once."""
        entries = (line.strip() for line in self.fields.get(name, "").splitlines())
        return list(dict.fromkeys(entry for entry in entries if entry))

    def _body(self, categories: Sequence[str]) -> dict[str, Any]:
        body: dict[str, Any] = {name: self.lines(name) for name in LISTS}
        body |= {name: name in self.fields for name in SWITCHES}
        body |= {name: self._whole(name) for name in NUMBERS}
        body |= {name: self._share(name) for name in PERCENTAGES}
        body |= {name: self.fields[name] for name in CHOICES if name in self.fields}
        body |= {rule: self._rule(rule, parts) for rule, parts in RULES.items()}
        return body | {"thresholds": {one: self._threshold(one) for one in categories}}

    def _rule(self, rule: str, parts: Sequence[str]) -> dict[str, Any] | None:
        numbers = {part: self._whole(f"{rule}.{part}") for part in parts}
        given = {part: number for part, number in numbers.items() if number is not None}
        return given or None

    def _whole(self, name: str) -> int | str | None:
        written = self.fields.get(name, "").strip()
        is_whole = written.isdecimal() and len(written) <= NUMBER_CHARACTERS
        return int(written) if is_whole else written or None

    def _threshold(self, category: str) -> float | str | None:
        if NEVER + category in self.fields:
            return None
        threshold = self._number(THRESHOLD + category)
        return "missing" if threshold == "" else threshold

    def _share(self, name: str) -> float | str:
        percentage = self._number(name)
        if isinstance(percentage, str):
            return percentage or 0.0
        return round(percentage / 100, 8)

    def _number(self, name: str) -> float | str:
        """What a field says, as a number if it is one."""
        # A comma is what many people write.
        written = self.fields.get(name, "").strip().replace(",", ".")
        try:
            return float(written[:NUMBER_CHARACTERS])
        except ValueError:
            return written


def asked_thresholds(address: Mapping[str, str], categories: Sequence[str]) -> dict[str, float]:
    """The thresholds that an address proposes, `threshold.toxicity=0.62`."""
    given = {name: address.get(THRESHOLD + name, "")[:NUMBER_CHARACTERS] for name in categories}
    found = {name: _share(written) for name, written in given.items()}
    return {name: share for name, share in found.items() if share is not None}


def _share(written: str) -> float | None:
    """A number from 0 to 1, `None` for anything else."""
    try:
        number = float(written)
    except ValueError:
        return None
    return number if 0 <= number <= 1 else None


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _by_field(error: ValidationError) -> dict[str, list[str]]:
    """Field of the form → messages; an entry of a list is told with its list."""
    found: dict[str, list[str]] = {}
    for path, messages in flatten(error.messages):
        name, _, below = path.partition(".")
        match name:
            case "thresholds":
                field = THRESHOLD + below
            case _ if name in RULES and below:
                field = path
            case _:
                field = name
        found.setdefault(field, []).extend(messages)
    return found
