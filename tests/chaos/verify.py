"""Compares what the service promised with what is there, from the outside and in the record.

Comments are read as a site reads them (an article's pages), decisions as a site follows them,
the held queue as moderators page through it; then the same from Redis. Findings name ids only.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from moderation.desk.checking import check
from moderation.record import Record
from moderation.record.decisions import START
from tests.chaos.calls import Caller
from tests.chaos.ledger import Ledger, Name, Told, digest
from tests.chaos.people import PAGE, REPORTS_TO_HOLD
from tests.chaos.traffic import ARTICLES, Site

PAGE_COMMENTS = 500
PAGE_CASES = 200
#: When no webhook came for so long, none comes: a message that a killed deliverer had in its
#: hand is sent again after 20 s, one that was turned away twice after 30.
SILENCE_S = 90.0
POLL_S = 0.2
#: Chains of decisions that are read one by one.
CHAINS = 300


@dataclass
class Findings:
    """What is not as it was promised, by ids.

    Attributes:
        lost: acknowledged and not there, or not decided.
        twice: there twice, decided twice, or never acknowledged.
        disagreements: two places that should say the same do not.
        undelivered: decisions that no webhook told.
    """

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    disagreements: list[str] = field(default_factory=list)
    undelivered: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether there are none."""
        return not (self.lost or self.twice or self.disagreements or self.undelivered)


class Verifier:
    """Reads everything back once nothing happens any more."""

    def __init__(
        self,
        record: Record,
        sites: Mapping[Site, Caller],
        moderator: Caller,
        ledger: Ledger,
    ) -> None:
        self._record, self._sites, self._moderator = record, sites, moderator
        self._ledger = ledger
        self.findings = Findings()

    def run(self) -> Findings:
        """All comparisons."""
        for site, caller in self._sites.items():
            comments = list(_comments(caller))
            chains = self._feed(site)
            self._comments(site, comments)
            self._chains(site, comments, chains)
            self._people(site, comments, chains)
            self._queue(site, comments)
            self._webhooks(site)
        self.findings.disagreements += [
            f"{fault.site}/{fault.subject}: {fault.check}: {fault.what}"
            for fault in check(self._record).faults
        ]
        return self.findings

    def _comments(self, site: Site, comments: list[dict[str, Any]]) -> None:
        """Each acknowledged comment is there once, as it was posted, and no other one."""
        there = Counter(one["id"] for one in comments)
        self.findings.twice += [
            f"{site.id}/{one} is listed twice" for one in there if there[one] > 1
        ]
        promised = {
            comment: posted
            for (of, comment), posted in self._ledger.comments.items()
            if of == site.id and (of, comment) not in self._ledger.erased
        }
        self.findings.lost += [f"{site.id}/{one}" for one in promised.keys() - there.keys()]
        self.findings.twice += [
            f"{site.id}/{one} was never acknowledged" for one in there.keys() - promised.keys()
        ]
        for one in comments:
            posted = digest(one["article_id"], one["text"], one["author"]["id"])
            if promised.get(one["id"], posted) != posted:
                self._disagree(site, one["id"], "is not as it was posted")

    def _feed(self, site: Site) -> dict[str, list[Told]]:
        """The chains of decisions; the follower and Redis tell the same ones in order."""
        followed = self._ledger.feeds[site.id]
        stored = list(_stored(self._record, site.id))
        if followed != stored:
            self.findings.disagreements.append(
                f"{site.id}: a follower read {len(followed)} decisions, "
                f"the stream has {len(stored)}, or in another order"
            )
        chains: dict[str, list[Told]] = defaultdict(list)
        for told in stored:
            chains[told.comment].append(told)
        for comment, chain in chains.items():
            revisions = [told.revision for told in chain]
            if len(set(revisions)) < len(revisions):
                self.findings.twice.append(f"{site.id}/{comment} has decisions {revisions}")
            elif revisions != list(range(1, len(revisions) + 1)):
                self._disagree(site, comment, f"has decisions {revisions}")
        return chains

    def _chains(
        self, site: Site, comments: list[dict[str, Any]], chains: dict[str, list[Told]]
    ) -> None:
        """Each comment is decided, and stands as the last decision that was told of it."""
        for one in comments:
            chain = chains.get(one["id"])
            if one["status"] == "pending" or not chain:
                self.findings.lost.append(f"{site.id}/{one['id']} is not decided")
            elif Told.of(one["decision"]) != chain[-1] or one["revision"] != len(chain):
                self._disagree(site, one["id"], "stands otherwise than the feed told")
        longer = [one["id"] for one in comments if one["revision"] > 1][:CHAINS]
        for comment in longer:
            case = self._ask(f"/v1/comments/{quote(comment)}/case", site)
            if [Told.of(one) for one in case["decisions"]] != chains[comment]:
                self._disagree(site, comment, "has other decisions than the feed told")

    def _people(
        self, site: Site, comments: list[dict[str, Any]], chains: dict[str, list[Told]]
    ) -> None:
        """What people were told is done: verdicts, reports that hold, erasures."""
        for told in self._ledger.verdicts[site.id]:
            if told not in chains.get(told.comment, ()):
                self.findings.lost.append(f"{site.id}/{told.comment} revision {told.revision}")
        for one in comments:
            name: Name = (site.id, one["id"])
            if len(self._ledger.reporters.get(name, ())) >= REPORTS_TO_HOLD and (
                one["revision"] == 1
            ):
                self._disagree(site, one["id"], "was reported and not held")
        for of, comment in self._ledger.erased:
            if of == site.id:
                answer = self._sites[site].ask("GET", f"/v1/comments/{quote(comment)}")
                if answer.status_code != HTTPStatus.NOT_FOUND:
                    self._disagree(site, comment, "was erased and is there")

    def _queue(self, site: Site, comments: list[dict[str, Any]]) -> None:
        """Moderators are shown each held comment once, and no other one."""
        held = Counter(one["id"] for one in comments if one["status"] == "held")
        shown: Counter[str] = Counter()
        cursor: dict[str, str] = {}
        while True:
            page = self._ask("/v1/queue", site, limit=PAGE_CASES, sort="oldest", **cursor)
            shown.update(one["id"] for one in page["comments"])
            if page["next"] is None:
                break
            cursor = {"after": page["next"]}
        for comment in held - shown:
            self._disagree(site, comment, "is held and not in the queue")
        for comment in shown - held:
            self._disagree(site, comment, "is in the queue and not held, or twice")

    def _webhooks(self, site: Site) -> None:
        """Every decision was told by webhook, but for those of comments erased meanwhile."""
        wanted = {
            told
            for told in self._ledger.feeds[site.id]
            if (site.id, told.comment) not in self._ledger.erasing
        }
        missing = wanted - self._ledger.heard[site.id]
        news_at = time.monotonic()
        while missing and time.monotonic() - news_at < SILENCE_S:
            time.sleep(POLL_S)
            before, missing = missing, wanted - self._ledger.heard[site.id]
            if missing != before:
                news_at = time.monotonic()
        self.findings.undelivered += [
            f"{site.id}/{told.comment} revision {told.revision}" for told in missing
        ]

    def _ask(self, path: str, site: Site, **params: Any) -> dict[str, Any]:
        answer = self._moderator.ask("GET", path, params={"site": site.id, **params})
        found: dict[str, Any] = answer.json()
        return found

    def _disagree(self, site: Site, comment: str, what: str) -> None:
        self.findings.disagreements.append(f"{site.id}/{comment} {what}")


def _comments(caller: Caller) -> Iterator[dict[str, Any]]:
    """All comments of a site, as it reads them."""
    for number in range(ARTICLES):
        params: dict[str, Any] = {"limit": PAGE_COMMENTS}
        while True:
            path = f"/v1/articles/article{number}/comments"
            page = caller.ask("GET", path, params=params).json()
            yield from page["comments"]
            if page["next"] is None:
                break
            params = {"limit": PAGE_COMMENTS, "after": page["next"]}


def _stored(record: Record, site: str) -> Iterator[Told]:
    """The decisions of a site in Redis, in order."""
    position = START
    while entries := record.decisions.after(site, position, limit=PAGE):
        position = entries[-1].position
        yield from (Told.of(entry.parsed()) for entry in entries)
