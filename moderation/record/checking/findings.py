"""What a check of the record looked at, and what it found: names and ids, never a text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

#: Faults that are kept one by one; the rest is only counted.
FAULTS_KEPT = 1_000


class Check(StrEnum):
    """What is compared with what."""

    RECORD = "record"
    """A comment can be read, and has what its indexes need."""
    CHAIN = "chain"
    """A comment has a decision for each revision."""
    STATUS = "status"
    """A comment stands as its last decision says."""
    SEQUENCE = "sequence"
    """No comment has a number that the site has not given out."""
    ARTICLE = "article"
    AUTHOR = "author"
    AUTHOR_COUNTS = "author-counts"
    HELD = "held"
    """A held comment is in every set of the queue, and no other one is in any."""
    LABELLED = "labelled"
    """The comments with a person's verdict, and no others, are labelled."""
    KINDS = "kinds"
    """As many of a kind are counted as are held or labelled."""
    REVIEW = "review"
    """The comments drawn for review that nobody has looked at, and no others, wait for it."""
    WAITING = "waiting"
    """A pending comment has an entry in the stream that workers read."""
    PENDING = "pending"
    """An entry of that stream has its comment."""
    WAITING_COUNT = "waiting-count"
    """As many are counted as stand in the streams."""
    REPORTS = "reports"
    CLAIM = "claim"
    OPINIONS = "opinions"
    DOUBTS = "doubts"
    DISMISSED_DOUBTS = "dismissed-doubts"
    FEED = "feed"
    """The site's feed has each decision once, in order, as its comment has it."""
    WEBHOOKS = "webhooks"
    """What waits for an endpoint is due some time, and is counted."""
    BATCHES = "batches"
    TRAININGS = "trainings"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it should be.

    Attributes:
        check: what was compared.
        site: whose it is.
        subject: the id of the comment, author, kind, entry or whatever it is about.
        what: what is wrong, in a few words; never anything that a reader wrote.
        mended: whether it is as it should be now.
    """

    check: Check
    site: str
    subject: str
    what: str
    mended: bool

    def to_json(self) -> dict[str, Any]:
        """The fault as the command writes it."""
        return {
            "check": self.check.value,
            "site": self.site,
            "subject": self.subject,
            "what": self.what,
            "mended": self.mended,
        }


@dataclass(slots=True)
class Report:
    """What was looked at and found.

    Attributes:
        checked: how many things were looked at.
        found: how many faults, those mended included.
        mended: how many of them are mended.
        unsettled: how many things changed so often meanwhile that nothing can be said.
        faults: the first faults, one by one.
    """

    checked: Counter[Check] = field(default_factory=Counter)
    found: Counter[Check] = field(default_factory=Counter)
    mended: Counter[Check] = field(default_factory=Counter)
    unsettled: Counter[Check] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong now."""
        return self.found == self.mended

    def saw(self, check: Check, amount: int = 1) -> None:
        """Counts what was looked at."""
        self.checked[check] += amount

    def add(self, fault: Fault) -> None:
        """Adds a fault."""
        self.found[fault.check] += 1
        self.mended[fault.check] += fault.mended
        if len(self.faults) < FAULTS_KEPT:
            self.faults.append(fault)

    def to_json(self) -> dict[str, Any]:
        """The report as the command writes it."""
        return {
            "sound": self.is_sound,
            "checks": {
                check.value: {
                    "checked": self.checked[check],
                    "found": self.found[check],
                    "mended": self.mended[check],
                    "unsettled": self.unsettled[check],
                }
                for check in Check
            },
            "faults": [fault.to_json() for fault in self.faults],
        }
