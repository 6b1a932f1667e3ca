"""The labels of a site: people's verdicts on living comments, and those that are stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import ceil
from typing import Any

from moderation.chunks import in_chunks
from moderation.desk import chain
from moderation.domain import Actor
from moderation.labels import (
    FEWEST_OF_A_LABEL,
    KEPT_BACK_SHARE,
    TOXICITY,
    Label,
    LabelOrigin,
    Values,
    contradict,
    label_id,
    labels_of_decision,
    taught,
    weight_of,
)
from moderation.record import Record
from moderation.record.audit import AuditEntry, AuditKind
from moderation.record.labels import AT_ONCE, Judged

#: Label or category → how many say 0, how many say 1.
Counts = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class LabelSummary:
    """The labels of a site, counted.

    Attributes:
        total: how many there are, each text once.
        by_origin: origin → how many.
        by_category: `label` or a category → how many say 0, how many say 1.
        taught: category → the same, as the classifier is taught it.
        contradictions: texts about which people say different things; the verdict on a
            living comment goes before a stored label, the newer verdict before the older.
    """

    total: int = 0
    by_origin: Mapping[str, int] = field(default_factory=dict)
    by_category: Counts = field(default_factory=dict)
    taught: Counts = field(default_factory=dict)
    contradictions: int = 0

    @property
    def missing(self) -> dict[str, tuple[int, int]]:
        """Category → how many more labels of 0 and of 1 it takes to be learnt."""
        fewest = ceil(FEWEST_OF_A_LABEL / (1 - KEPT_BACK_SHARE))
        return {
            name: (max(fewest - zeros, 0), max(fewest - ones, 0))
            for name, (zeros, ones) in {TOXICITY: (0, 0), **self.taught}.items()
        }

    @property
    def can_train(self) -> bool:
        """Whether there is a category that can be learnt."""
        return any(not any(missing) for missing in self.missing.values())

    def to_json(self) -> dict[str, Any]:
        """As the API writes it."""
        return {
            **asdict(self),
            "by_category": {name: _pair(one) for name, one in self.by_category.items()},
            "taught": {name: _pair(one) for name, one in self.taught.items()},
            "missing": {name: _pair(one) for name, one in self.missing.items()},
            "can_train": self.can_train,
        }


@dataclass(frozen=True, slots=True)
class Added:
    """What became of labels that were to be stored.

    Attributes:
        imported: how many are new, or say more than was known.
        known: how many were there already.
        contradicting: the ids of those that contradict a stored one; that one stays.
    """

    imported: int = 0
    known: int = 0
    contradicting: tuple[str, ...] = ()


class Labels:
    """The labels of the sites."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def every(self, site: str) -> Iterator[Label]:
        """Every label of a site, each text once, read as they are asked for.

        First people's verdicts on living comments, the newest first, then stored labels.
        """
        return self._walk(site, lambda _: None)

    def summary(self, site: str) -> LabelSummary:
        """The labels counted; counted anew only if some came or went."""
        store = self._record.labels
        known = store.summary(site)
        if known is None:
            mark = store.mark(site)
            known = asdict(self._counted(site))
            store.put_summary(site, known, mark=mark)
        return LabelSummary(
            **{
                **known,
                "by_category": _pairs(known["by_category"]),
                "taught": _pairs(known["taught"]),
            }
        )

    def kept(
        self, site: str, comment_ids: Sequence[str]
    ) -> dict[str, tuple[int, Label | None]]:
        """What an erasure keeps: comment → its revision, and its label without a person."""
        found: dict[str, tuple[int, Label | None]] = {}
        for one in self._record.labels.judged(site, comment_ids):
            label = label_of(one)
            found[one.id] = one.revision, label.kept() if label else None
        return found

    def outliving(self, site: str, comment_ids: Sequence[str]) -> dict[str, tuple[int, Label]]:
        """What outlives comments that are archived: comment → its revision and its label.

        Without a person, but with its time, so that it can be forgotten in its own time.
        """
        return {
            one.id: (one.revision, replace(label.kept(), at=label.at))
            for one in self._record.labels.judged(site, comment_ids)
            if (label := label_of(one))
        }

    def add(
        self,
        actor: Actor,
        labels: Iterable[Label],
        *,
        progress: Callable[[int], object] = lambda _: None,
    ) -> Added:
        """Stores labels; adding them again changes nothing.

        Args:
            actor: who imports them.
            labels: each text once.
            progress: called with each step of how many there are.
        """
        imported, known, contradicting = 0, 0, list[str]()
        for chunk in in_chunks(labels, AT_ONCE):
            ids = [one.id for one in chunk]
            there = {one.id: one for one in self._record.labels.stored(actor.site, ids)}
            wrong = [one.id for one in chunk if one.id in there and _clash(one, there[one.id])]
            new = [more for one in chunk if (more := _more(one, there.get(one.id)))]
            self._record.labels.put(actor.site, new)
            contradicting += wrong
            imported += len(new)
            known += len(chunk) - len(new) - len(wrong)
            progress(len(chunk))
        if imported:
            self._audit(actor, "imported", labels=imported)
        return Added(imported, known, tuple(contradicting))

    def suggest(self, site: str, label: Label) -> bool:
        """Stores what a site says that a text is; whether that was anything new.

        The newest suggestion about a text replaces the one before: a site's moderators change
        their minds. What was imported or kept stays, completed by what it does not say. There
        may be one for each decision of a site, so the audit log does not name them: each
        label says whose it is.

        Args:
            site: whose label it is.
            label: of the origin `SUGGESTION`.
        """
        stored = self._record.labels.stored(site, [label.id])
        there = stored[0] if stored and stored[0].origin is not LabelOrigin.SUGGESTION else None
        new = _more(label, there)
        if new:
            self._record.labels.put(site, [new])
        return new is not None

    def remove(self, actor: Actor, origin: LabelOrigin) -> int:
        """Removes every stored label of an origin; how many there were."""
        removed = self._record.labels.remove_origin(actor.site, origin)
        if removed:
            self._audit(actor, "removed", labels=removed, origin=origin.value)
        return removed

    def _walk(self, site: str, clash: Callable[[str], object]) -> Iterator[Label]:
        seen: dict[str, Values] = {}
        for label in self._all(site):
            if label.id not in seen:
                seen[label.id] = label.labels
                yield label
            elif contradict(seen[label.id], label.labels):
                clash(label.id)

    def _all(self, site: str) -> Iterator[Label]:
        store = self._record.labels
        for ids in in_chunks(store.decided_ids(site), AT_ONCE):
            yield from (label for one in store.judged(site, ids) if (label := label_of(one)))
        for ids in in_chunks(store.stored_ids(site), AT_ONCE):
            yield from store.stored(site, ids)

    def _counted(self, site: str) -> LabelSummary:
        origins: Counter[str] = Counter()
        said: Counter[tuple[str, int]] = Counter()
        taught_as: Counter[tuple[str, int]] = Counter()
        clashes: set[str] = set()
        for label in self._walk(site, clashes.add):
            origins[label.origin.value] += 1
            said.update(label.labels.items())
            taught_as.update(taught(label.labels).items())
        return LabelSummary(
            origins.total(), dict(origins), _counts(said), _counts(taught_as), len(clashes)
        )

    def _audit(self, actor: Actor, did: str, **details: object) -> None:
        entry = AuditEntry(actor.name, AuditKind.LABELS, "labels", {"did": did, **details})
        self._record.audit.write(actor.site, entry)


def label_of(judged: Judged) -> Label | None:
    """The label that a comment carries, `None` if no verdict of a person stands."""
    verdict = chain.verdict(judged.decisions)
    labels = labels_of_decision(verdict) if verdict else None
    if verdict is None or labels is None:
        return None
    return Label(
        id=label_id(judged.text),
        text=judged.text,
        labels=labels,
        origin=LabelOrigin.DECISION,
        who=verdict["moderator"],
        at=verdict["decided_at"],
        release=verdict["model"] or "",
        scores=verdict["scores"],
        weight=weight_of(judged.sampled),
        comment_id=judged.id,
    )


def _more(new: Label, there: Label | None) -> Label | None:
    """What is to be stored: the new one, or what is there with what it says besides."""
    if there is None:
        return new
    both = {**there.labels, **new.labels}
    if contradict(there.labels, new.labels) or both == there.labels:
        return None
    return replace(there, labels=both)


def _clash(one: Label, other: Label) -> bool:
    return contradict(one.labels, other.labels)


def _counts(said: Counter[tuple[str, int]]) -> dict[str, tuple[int, int]]:
    return {name: (said[name, 0], said[name, 1]) for name in sorted({one for one, _ in said})}


def _pairs(stored: Mapping[str, Sequence[int]]) -> dict[str, tuple[int, int]]:
    return {name: (pair[0], pair[1]) for name, pair in stored.items()}


def _pair(counts: tuple[int, int]) -> dict[str, int]:
    return {"0": counts[0], "1": counts[1]}
