"""Labels that are most probably mistakes, for a second look by people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from moderation.chunks import in_chunks
from moderation.desk.labels import label_of
from moderation.domain import Actor
from moderation.errors import UnknownLabelError
from moderation.labels import LABEL, TOXICITY, Label, taught
from moderation.record import Record
from moderation.record.audit import AuditEntry, AuditKind
from moderation.record.labels import AT_ONCE, Doubt


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A doubt and the label that it is about.

    Attributes:
        doubt: the doubt.
        label: the label as it is now.
        revision: how many decisions its comment has, 0 for a stored label.
    """

    doubt: Doubt
    label: Label
    revision: int = 0

    def to_json(self) -> dict[str, Any]:
        """As the API writes it."""
        return {
            "id": self.doubt.reference,
            "comment_id": self.label.comment_id or None,
            "text": self.label.text,
            "category": self.doubt.category,
            "label": self.doubt.label,
            "probability": round(self.doubt.probability, 4),
            "origin": self.label.origin.value,
            "who": self.label.who or None,
        }


class Doubts:
    """The doubts of the sites. A doubt whose label is another one now is none any more."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def page(self, site: str, *, limit: int) -> list[Doubtful]:
        """The strongest doubts, so many at most."""
        found: list[Doubtful] = []
        doubts = self._record.labels.doubts(site)
        for chunk in in_chunks(doubts, limit):
            found += self._about(site, chunk)
            if len(found) >= limit:
                break
        return found[:limit]

    def keep(self, actor: Actor, reference: str) -> None:
        """Remembers that the label is right.

        Raises:
            UnknownLabelError: nobody doubts it (any more).
        """
        found = self._one(actor.site, reference)
        self._record.labels.dismiss(actor.site, found.doubt)
        self._audit(actor, found, "kept")

    def flip(self, actor: Actor, reference: str) -> None:
        """Turns what a stored label says of the doubted category to the opposite.

        Raises:
            UnknownLabelError: nobody doubts it (any more), or a comment carries it: that is
                decided anew instead.
        """
        found = self._one(actor.site, reference, stored=True)
        turned = replace(found.label, labels=_flipped(found))
        self._record.labels.put(actor.site, [turned])
        # What people say now is right, whatever the next training thinks.
        doubt = found.doubt
        self._record.labels.dismiss(actor.site, replace(doubt, label=1 - doubt.label))
        self._audit(actor, found, "flipped")

    def drop(self, actor: Actor, reference: str) -> None:
        """Removes a stored label.

        Raises:
            UnknownLabelError: as `flip`.
        """
        found = self._one(actor.site, reference, stored=True)
        self._record.labels.remove(actor.site, [found.label.id])
        self._audit(actor, found, "dropped")

    def _one(self, site: str, reference: str, *, stored: bool = False) -> Doubtful:
        doubts = [one for one in self._record.labels.doubts(site) if one.reference == reference]
        found = list(self._about(site, doubts))
        if not found or (stored and found[0].label.comment_id):
            raise UnknownLabelError("nobody doubts this label, or not any more")
        return found[0]

    def _about(self, site: str, doubts: Sequence[Doubt]) -> Iterator[Doubtful]:
        """Those of some doubts, in order, whose label still is what it was."""
        labels = self._labels(site, doubts)
        for doubt in doubts:
            label, revision = labels.get(doubt.reference, (None, 0))
            if label and label.id == doubt.label_id and _says(label, doubt):
                yield Doubtful(doubt, label, revision)

    def _labels(self, site: str, doubts: Sequence[Doubt]) -> dict[str, tuple[Label, int]]:
        store, found = self._record.labels, dict[str, tuple[Label, int]]()
        for ids in in_chunks((one.comment_id for one in doubts if one.comment_id), AT_ONCE):
            for judged in store.judged(site, ids):
                if label := label_of(judged):
                    found[f"c:{judged.id}"] = label, judged.revision
        for ids in in_chunks((one.label_id for one in doubts if not one.comment_id), AT_ONCE):
            found |= {f"l:{one.id}": (one, 0) for one in store.stored(site, ids)}
        return found

    def _audit(self, actor: Actor, found: Doubtful, did: str) -> None:
        details = {
            "did": did,
            "category": found.doubt.category,
            "label": found.doubt.label,
            "comment": found.label.comment_id,
        }
        told = {name: value for name, value in details.items() if value != ""}
        entry = AuditEntry(actor.name, AuditKind.LABELS, "labels", told)
        self._record.audit.write(actor.site, entry)


def _says(label: Label, doubt: Doubt) -> bool:
    both = {**label.labels, **taught(label.labels)}
    return both.get(doubt.category) == doubt.label


def _flipped(found: Doubtful) -> dict[str, int]:
    """The labels turned round; a plain label and toxicity turn together, as they are taught."""
    category = found.doubt.category
    together = {LABEL, TOXICITY} if category in {LABEL, TOXICITY} else {category}
    turned = dict.fromkeys(together & found.label.labels.keys(), 1 - found.doubt.label)
    return {**found.label.labels, **turned}
