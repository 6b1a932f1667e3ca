"""The feed of a site against its comments: each decision once, in order, and the same.

It is read up to its end first, and to what is its end then after the comments were read: what
stood in a comment stands in the feed by then, unless it is older than what is kept.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from moderation.record.checking.comments import Standing, UnsoundError, standing_of
from moderation.record.checking.findings import Check
from moderation.record.checking.scope import INDEX_AT_ONCE, Scope
from moderation.record.comment_hash import ask_for_hash
from moderation.record.connection import redis_away
from moderation.record.decisions import START, order

#: So far apart the clocks of those who decide may be: a decision that is older by less than
#: the oldest one kept may have left the feed.
CLOCKS_DIFFER_MS = 60_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A decision in the feed; `revision` is 0 and `comment_id` "" where it cannot be read."""

    position: str
    decision: dict[str, Any]

    @property
    def comment_id(self) -> str:
        """The comment that it decides."""
        return str(self.decision.get("comment_id", ""))

    @property
    def revision(self) -> int:
        """Its number among the decisions of its comment."""
        revision = self.decision.get("revision")
        return revision if isinstance(revision, int) else 0


def last_position(scope: Scope, site: str) -> str:
    """Where a site's feed ends now."""
    with redis_away():
        newest: Any = scope.connection.xrevrange(scope.keys("decisions", site), count=1)
    return str(newest[0][0]) if newest else START


def entries_after(scope: Scope, site: str, position: str) -> list[Entry]:
    """Some entries of a site's feed after a position, none at its end."""
    with redis_away():
        found: Any = scope.connection.xrange(
            scope.keys("decisions", site), f"({position}", "+", count=INDEX_AT_ONCE
        )
    return [Entry(where, _read(fields)) for where, fields in found]


def _read(fields: dict[str, str]) -> dict[str, Any]:
    try:
        decision = json.loads(fields["decision"])
    except (KeyError, ValueError, RecursionError):
        return {}
    return decision if isinstance(decision, dict) else {}


@dataclass(slots=True)
class _Site:
    """How far one feed was read."""

    position: str = START
    oldest_ms: int = 0
    """Decisions made before are not looked for."""
    last_revision: dict[str, int] = field(default_factory=dict)
    wanted: dict[str, int] = field(default_factory=dict)
    """Comment → the revision at which it was seen, to be found in what is still to be read."""


class FeedCheck:
    """Checks the feeds of the sites: `read`, then `saw` for each comment, then `finish`."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._sites = {site: _Site() for site in scope.sites}

    def read(self) -> None:
        """Reads the feeds to their end."""
        for site, state in self._sites.items():
            state.oldest_ms = self._oldest_ms(site)
            self._read_on(site, state)

    def saw(self, site: str, standing: Standing) -> None:
        """Remembers a comment whose last decision is not in what was read."""
        state, comment = self._sites[site], standing.comment
        if comment.revision <= state.last_revision.get(comment.id, 0):
            return
        if standing.decided_ms >= state.oldest_ms:
            state.wanted[comment.id] = comment.revision

    def finish(self) -> None:
        """Reads the feeds on, and tells what should have been there."""
        for site, state in self._sites.items():
            self._read_on(site, state)
            for comment_id, revision in state.wanted.items():
                if state.last_revision.get(comment_id, 0) < revision:
                    self._fault(site, comment_id, f"decision {revision} is not in the feed")

    def _oldest_ms(self, site: str) -> int:
        """Decisions since then are in the feed, whichever clock they were made by."""
        key = self._scope.keys("decisions", site)
        with redis_away():
            if not self._scope.connection.exists(key):
                return 0
            info: Any = self._scope.connection.xinfo_stream(key)
        if info["entries-added"] == info["length"] or not info["first-entry"]:
            return 0
        return order(info["first-entry"][0])[0] + CLOCKS_DIFFER_MS

    def _read_on(self, site: str, state: _Site) -> None:
        while entries := entries_after(self._scope, site, state.position):
            state.position = entries[-1].position
            self._scope.report.saw(Check.FEED, len(entries))
            self._scope.note(Check.FEED, self._scope.report.checked[Check.FEED])
            self._check_order(site, state, entries)
            self._compare(site, entries)

    def _check_order(self, site: str, state: _Site, entries: Sequence[Entry]) -> None:
        for entry in entries:
            before = state.last_revision.get(entry.comment_id, 0)
            is_first = entry.comment_id not in state.last_revision and state.oldest_ms > 0
            if entry.revision != before + 1 and not is_first:
                what = f"decision {entry.revision} comes after {before} in the feed"
                self._fault(site, entry.comment_id or entry.position, what)
            state.last_revision[entry.comment_id] = max(before, entry.revision)

    def _compare(self, site: str, entries: Sequence[Entry]) -> None:
        standings = self._standings(site, {entry.comment_id for entry in entries})
        for entry in entries:
            standing = standings.get(entry.comment_id)
            if standing is None:
                continue  # erased, or told of elsewhere
            kept = standing.decisions[entry.revision - 1 : entry.revision]
            if entry.revision < 1 or list(kept) != [entry.decision]:
                what = f"decision {entry.revision} is not the one in the feed"
                self._fault(site, entry.comment_id, what)

    def _standings(self, site: str, ids: set[str]) -> dict[str, Standing]:
        asked = list(ids)
        with redis_away(), self._scope.connection.pipeline(transaction=False) as pipe:
            for comment_id in asked:
                ask_for_hash(pipe, self._scope.keys("comment", site, comment_id))
            found = pipe.execute(raise_on_error=False)
        standings = {}
        for comment_id, raw in zip(asked, found, strict=True):
            try:
                standing = standing_of(comment_id, raw)
            except UnsoundError:
                continue
            if standing is not None:
                standings[comment_id] = standing
        return standings

    def _fault(self, site: str, subject: str, what: str) -> None:
        self._scope.fault(Check.FEED, site, subject, what, mended=False)
