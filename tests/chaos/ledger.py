"""What the service promised, written down outside of it, for `verify.py` to hold it to."""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

#: Site and comment.
Name = tuple[str, str]


def digest(*parts: Any) -> bytes:
    """What is kept of texts and decisions: enough to compare them, nothing to leak."""
    written = json.dumps(parts, sort_keys=True).encode("utf-8", "surrogatepass")
    return blake2b(written, digest_size=12).digest()


@dataclass(frozen=True, slots=True)
class Told:
    """A decision as somebody was told it."""

    comment: str
    revision: int
    digest: bytes

    @classmethod
    def of(cls, decision: dict[str, Any]) -> Told:
        """From its JSON."""
        return cls(decision["comment_id"], decision["revision"], digest(decision))


@dataclass
class Ledger:
    """Every answer of the service that promised something.

    Attributes:
        comments: acknowledged comment → digest of what was posted.
        verdicts: decisions of people that were acknowledged, by site.
        feeds: decisions as a follower of each site read them, in order.
        heard: decisions that came by webhook, by site.
        reporters: acknowledged reporters of a comment.
        erasing: comments whose erasure was asked for.
        erased: those of which it was acknowledged.
        unanswered: requests that had to be repeated, by why.
        wrong: answers that no client should get → how many.
    """

    comments: dict[Name, bytes] = field(default_factory=dict)
    verdicts: dict[str, set[Told]] = field(default_factory=lambda: defaultdict(set))
    feeds: dict[str, list[Told]] = field(default_factory=lambda: defaultdict(list))
    heard: dict[str, set[Told]] = field(default_factory=lambda: defaultdict(set))
    reporters: dict[Name, set[str]] = field(default_factory=lambda: defaultdict(set))
    erasing: set[Name] = field(default_factory=set)
    erased: set[Name] = field(default_factory=set)
    unanswered: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def acknowledge(self, site: str, comment_id: str, posted: bytes) -> None:
        """A comment was accepted; the same id never stands for two."""
        with self._lock:
            if self.comments.setdefault((site, comment_id), posted) != posted:
                self.wrong["one id for two comments"] += 1

    def note_unanswered(self, why: str) -> None:
        """A request has to be repeated."""
        with self._lock:
            self.unanswered[why] += 1

    def note_wrong(self, what: str) -> None:
        """An answer that no client should get."""
        with self._lock:
            self.wrong[what] += 1
