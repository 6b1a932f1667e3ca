"""Who acts on what was posted: consumers of the feed, readers, moderators."""

from __future__ import annotations

import random
import threading
from abc import abstractmethod
from collections import deque
from http import HTTPStatus
from urllib.parse import quote

from tests.chaos.calls import Caller
from tests.chaos.ledger import Ledger, Told
from tests.chaos.traffic import Site

PAGE = 1_000
#: Approved comments that readers may still look at.
REMEMBERED = 300
REPORTS_TO_HOLD = 2
ERASED = 0.1
UNDONE = 0.2
CASES = 20


class Person(threading.Thread):
    """Somebody who acts again and again until told to stop."""

    def __init__(self, name: str, ledger: Ledger, *, pause_s: float) -> None:
        super().__init__(name=name, daemon=True)
        self._ledger = ledger
        self._pause_s = pause_s
        self._stop_sign = threading.Event()

    def run(self) -> None:
        """Acts; who cannot go on is a finding too."""
        try:
            while not self._stop_sign.wait(self._pause_s):
                self.act()
        except Exception as error:
            self._ledger.note_wrong(f"the {self.name} stumbled: {type(error).__name__}")

    def end(self) -> None:
        """Asks to stop, and waits for it."""
        self._stop_sign.set()
        self.join()

    @abstractmethod
    def act(self) -> None:
        """Does one thing."""


class Follower(Person):
    """A site that follows its decisions by cursor through everything that happens."""

    def __init__(self, site: Site, caller: Caller, ledger: Ledger) -> None:
        super().__init__(f"follower of {site.id}", ledger, pause_s=0.1)
        self._caller, self._feed = caller, ledger.feeds[site.id]
        self._cursor: dict[str, str] = {}
        #: Comments that the machine approved lately.
        self.approved: deque[str] = deque(maxlen=REMEMBERED)

    def act(self) -> None:
        """Reads one page."""
        self.read_page()

    def read_page(self) -> int:
        """Reads what is new; how many decisions that were."""
        answer = self._caller.ask(
            "GET", "/v1/decisions", params={"limit": PAGE, **self._cursor}
        )
        page = answer.json()
        self._cursor = {"after": page["next"]}
        for decision in page["decisions"]:
            self._feed.append(Told.of(decision))
            if decision["revision"] == 1 and decision["action"] == "approve":
                self.approved.append(decision["comment_id"])
        return len(page["decisions"])


class Reader(Person):
    """Readers of one site: they report approved comments; a few authors have theirs erased."""

    def __init__(
        self, site: Site, caller: Caller, follower: Follower, ledger: Ledger, seed: str
    ) -> None:
        super().__init__(f"reader of {site.id}", ledger, pause_s=0.1)
        self._site, self._caller = site, caller
        self._approved = follower.approved
        self._rng = random.Random(seed)

    def act(self) -> None:
        """Reports or erases one comment."""
        try:
            comment_id = self._approved.popleft()
        except IndexError:
            return
        if self._rng.random() < ERASED:
            self._erase(comment_id)
        else:
            self._report(comment_id)

    def _report(self, comment_id: str) -> None:
        for number in range(REPORTS_TO_HOLD):
            who = f"reader{number}"
            answer = self._caller.ask(
                "POST",
                f"/v1/comments/{quote(comment_id)}/reports",
                json={"reason": "rude", "reporter_id": who},
            )
            if answer.status_code == HTTPStatus.ACCEPTED:
                self._ledger.reporters[self._site.id, comment_id].add(who)
            else:
                self._ledger.note_wrong(f"a report was answered with {answer.status_code}")

    def _erase(self, comment_id: str) -> None:
        name = (self._site.id, comment_id)
        self._ledger.erasing.add(name)
        answer = self._caller.ask("DELETE", f"/v1/comments/{quote(comment_id)}")
        if answer.status_code == HTTPStatus.NO_CONTENT:
            self._ledger.erased.add(name)
        else:
            self._ledger.note_wrong(f"an erasure was answered with {answer.status_code}")


class Moderator(Person):
    """Decides on held comments of all sites, and takes some of it back."""

    def __init__(self, sites: list[str], caller: Caller, ledger: Ledger, seed: str) -> None:
        super().__init__("moderator", ledger, pause_s=0.05)
        self._sites, self._caller = sites, caller
        self._rng = random.Random(seed)
        self._held: list[tuple[str, str, int]] = []

    def act(self) -> None:
        """Decides one comment."""
        if not self._held:
            self._look()
            return
        site, comment_id, revision = self._held.pop()
        action = self._rng.choice(["approve", "reject"])
        made = self._decide(
            site, comment_id, "decision", {"action": action, "expected_revision": revision}
        )
        if made and self._rng.random() < UNDONE:
            self._decide(site, comment_id, "undo", {"revision": made.revision})

    def _look(self) -> None:
        site = self._rng.choice(self._sites)
        params = {"site": site, "limit": CASES, "sort": "newest"}
        page = self._caller.ask("GET", "/v1/queue", params=params).json()
        self._held = [(site, one["id"], one["revision"]) for one in page["comments"]]

    def _decide(
        self, site: str, comment_id: str, act: str, body: dict[str, object]
    ) -> Told | None:
        """Asks once: a person looks again rather than repeat what nobody answered."""
        path = f"/v1/comments/{quote(comment_id)}/{act}"
        answer = self._caller.ask_once("POST", path, params={"site": site}, json=body)
        if answer is None or answer.status_code in {HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND}:
            return None
        if answer.status_code != HTTPStatus.OK:
            self._ledger.note_wrong(f"a verdict was answered with {answer.status_code}")
            return None
        told = Told.of(answer.json())
        self._ledger.verdicts[site].add(told)
        return told
