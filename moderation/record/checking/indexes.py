"""Indexes against the comments that they name: whether each belongs there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from moderation.chunks import in_chunks
from moderation.record.checking.findings import Check
from moderation.record.checking.scope import INDEX_AT_ONCE, Scope
from moderation.record.connection import redis_away
from moderation.record.scripts import Argument

#: What check_indexes.lua calls an index that is one for each site → what it is to a report.
OF_A_SITE = {
    "labelled": Check.LABELLED,
    "review": Check.REVIEW,
    "opinions": Check.OPINIONS,
    "doubts": Check.DOUBTS,
    "dismissed_doubts": Check.DISMISSED_DOUBTS,
}
TOO_MANY, UNREADABLE, LATER = -1, -2, -3
HASHES = frozenset({"opinions", "doubts", "dismissed_doubts"})


@dataclass(frozen=True, slots=True)
class Index:
    """One index: what check_indexes.lua calls it, and its name among those of its kind."""

    check: Check
    site: str
    kind: str
    name: str = ""


class IndexCheck:
    """Checks indexes, many small ones at once and large ones in steps."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def check(self, indexes: Sequence[Index]) -> None:
        """Checks some indexes."""
        left: Sequence[Index] = indexes
        while left:
            large, left = self._compare([(index, None) for index in left])
            for index in large:
                for members in in_chunks(self._members(index), INDEX_AT_ONCE):
                    self._compare([(index, members)])

    def _compare(
        self, asked: Sequence[tuple[Index, Sequence[str] | None]]
    ) -> tuple[list[Index], list[Index]]:
        """Checks indexes, or some members of them.

        Returns:
            Those that are too large to be read at once, and those whose turn comes next.
        """
        arguments: list[Argument] = [self._scope.mend, INDEX_AT_ONCE]
        for index, members in asked:
            arguments += index.site, index.kind, index.name
            arguments += [""] if members is None else [len(members), *members]
        answer = iter(self._scope.scripts.run_all("check_indexes", arguments))
        put_off: dict[int, list[Index]] = {TOO_MANY: [], LATER: []}
        for index, _ in asked:
            looked_at, strays = next(answer), [next(answer) for _ in range(next(answer))]
            if looked_at in put_off:
                put_off[looked_at].append(index)
            else:
                self._note(index, looked_at, strays)
        return put_off[TOO_MANY], put_off[LATER]

    def _note(self, index: Index, looked_at: int, strays: Sequence[str]) -> None:
        name = f"{index.kind} {index.name}".strip()
        if looked_at == UNREADABLE:
            self._scope.fault(index.check, index.site, name, "cannot be read", mended=False)
            return
        self._scope.report.saw(index.check, looked_at)
        for stray in strays:
            what = f"does not belong in {name}"
            self._scope.fault(index.check, index.site, stray, what, mended=self._scope.mends)

    def _members(self, index: Index) -> Iterator[str]:
        key = self._key(index)
        connection: Any = self._scope.connection
        scan = connection.hscan_iter if index.kind in HASHES else connection.zscan_iter
        with redis_away():
            for member, _ in scan(key, count=INDEX_AT_ONCE):
                yield member

    def _key(self, index: Index) -> str:
        keys = self._scope.keys
        if index.kind == "article":
            return keys("article", index.site, *index.name.split(":", 1))
        if index.kind in OF_A_SITE:
            return keys(index.kind, index.site)
        return keys(index.kind, index.site, index.name)
