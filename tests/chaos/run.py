"""One run from start to end: the service, its traffic, the faults, and what came of it."""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moderation.bootstrap import ADMIN, DEMO_SITE
from moderation.domain import Role
from moderation.record import Record
from tests.chaos.calls import Caller, Callers
from tests.chaos.clocks import Clocks
from tests.chaos.faults import RECOVERY_S, Faults
from tests.chaos.hearing import hearing
from tests.chaos.ledger import Ledger
from tests.chaos.parts import API_KEY, Parts
from tests.chaos.people import REPORTS_TO_HOLD, Follower, Moderator, Person, Reader
from tests.chaos.plan import Fault, Plan
from tests.chaos.texts import texts
from tests.chaos.traffic import Gate, Poster, Posts, Site, post_batch
from tests.chaos.verify import Findings, Verifier

POSTERS = 6
OTHER_SITES = ("daily", "weekly")
#: All is decided long before this; a run that gets here has lost comments.
DECIDED_S = 120.0
#: A worker that ticked in the last so many seconds is alive.
SILENT_S = 1.5
POLL_S = 0.01


@dataclass(frozen=True)
class Outcome:
    """What a run measured and found.

    Attributes:
        ledger: what was promised.
        faults: what was done, and how long the service took to come back.
        findings: what is not as promised.
        decided_s: from the last kill until no comment waited any more; `None` for never.
        appendfsync: when Redis flushed to disk, as Redis says.
        seconds: the whole run.
        log: what the service said.
    """

    ledger: Ledger
    faults: Faults
    findings: Findings
    decided_s: float | None
    appendfsync: str
    seconds: float
    log: Path

    @property
    def is_clean(self) -> bool:
        """Whether every promise was kept."""
        is_decided = self.decided_s is not None
        return self.findings.is_clean and is_decided and not self.ledger.wrong


def run(plan: Plan, say: Callable[[str, float], None]) -> Outcome:
    """Runs it.

    Args:
        plan: what is done.
        say: told now and then what goes on, and which share of the run is over.

    Raises:
        TimeoutError: the service did not start, or did not come back.
    """
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    clocks = Clocks(folder / "clocks")
    parts = Parts(folder, clocks.environ, appendfsync=plan.appendfsync)
    try:
        parts.start()
        with closing(_Run(plan, parts, clocks, say)) as started:
            outcome = started.run()
    finally:
        parts.stop()
    if outcome.is_clean:
        shutil.rmtree(folder)
    return outcome


class _Run:
    def __init__(
        self, plan: Plan, parts: Parts, clocks: Clocks, say: Callable[[str, float], None]
    ) -> None:
        self._plan, self._parts, self._say = plan, parts, say
        self._ledger = Ledger()
        self._record = Record(parts.settings)
        self._service = Callers(parts.url, self._ledger)
        self._rng = random.Random(plan.seed)
        self._sites = self._make_sites()
        self._callers = {one: self._service.new(one.api_key) for one in self._sites}
        self._posts = Posts(self._sites, texts(plan.data), plan.seed)
        self._gate = Gate(plan.comments - plan.batch_at_the_end, len(plan.faults))
        self._faults = Faults(
            parts, clocks, self._posts, self._service, self._ledger, self._rng
        )
        self._started_at = time.monotonic()

    def run(self) -> Outcome:
        moderator = self._service.new(self._record.tokens.issue(ADMIN))
        with hearing(self._ledger) as url:
            for site, caller in self._callers.items():
                hook = {"url": f"{url}/{site.id}"}
                assert caller.ask("POST", "/v1/webhooks", json=hook).status_code == 201
                policy = {"reports_to_hold": REPORTS_TO_HOLD}
                assert caller.ask("PUT", "/v1/policy", json=policy).status_code == 200
            with self._people(moderator) as followers:
                self._torment()
                decided_s = self._last_kill()
            for follower in followers:
                while follower.read_page():
                    pass
            self._say("comparing", 1.0)
            verifier = Verifier(self._record, self._callers, moderator, self._ledger)
            findings = verifier.run()
        seconds = time.monotonic() - self._started_at
        told: Any = self._record.connection.config_get("appendfsync")
        return Outcome(
            self._ledger,
            self._faults,
            findings,
            decided_s,
            told["appendfsync"],
            seconds,
            self._parts.log,
        )

    def close(self) -> None:
        """Closes every connection."""
        self._service.close()
        self._faults.close()
        self._record.connection.close()
        self._record.rq_connection.close()

    def _make_sites(self) -> list[Site]:
        made = [Site(DEMO_SITE, API_KEY)]
        for site in OTHER_SITES:
            self._record.sites.create(site, site)
            self._record.moderators.set_role(ADMIN, site, Role.ADMIN)
            made.append(Site(site, self._record.sites.issue_key(site)))
        return made

    @contextmanager
    def _people(self, moderator_caller: Caller) -> Iterator[list[Follower]]:
        """Inside, people act on what is posted; they are done when it is left."""
        followers = [
            Follower(site, self._service.new(site.api_key), self._ledger)
            for site in self._sites
        ]
        people: list[Person] = [*followers]
        for site, follower in zip(self._sites, followers, strict=True):
            caller, seed = self._service.new(site.api_key), f"{self._plan.seed} {site.id}"
            people.append(Reader(site, caller, follower, self._ledger, seed))
        sites = [site.id for site in self._sites]
        people.append(Moderator(sites, moderator_caller, self._ledger, str(self._plan.seed)))
        for person in people:
            person.start()
        yield followers
        for person in people:
            person.end()

    def _torment(self) -> None:
        """All comments are posted, and all faults happen, but for the last."""
        for number in range(POSTERS):
            seed = f"{self._plan.seed} {number}"
            Poster(self._service, self._posts, self._gate, self._ledger, seed).start()
        faults = self._plan.faults
        for number, fault in enumerate(faults):
            self._say(fault.value, number / len(faults))
            time.sleep(self._rng.uniform(0, 2 * self._plan.seconds / len(faults)))
            self._faults.strike(fault)
            self._gate.pass_fault()
        self._gate.wait_until_done()

    def _wait_for_workers(self) -> None:
        deadline = time.monotonic() + RECOVERY_S
        time.sleep(SILENT_S)  # one that was killed just now is silent then
        while sum(one.silent_s < SILENT_S for one in self._record.operations.workers()) < (
            self._parts.settings.workers
        ):
            if time.monotonic() > deadline:
                raise TimeoutError("not all workers came back")
            time.sleep(POLL_S)

    def _last_kill(self) -> float | None:
        """Kills a worker when a batch was just acknowledged; seconds until all is decided.

        The service is whole before, so that it is not its start that is measured.
        """
        self._say("waiting for all workers", 1.0)
        self._wait_for_workers()
        self._say("the last kill", 1.0)
        last = [
            self._posts[number]
            for number in range(self._plan.comments)[-self._plan.batch_at_the_end :]
        ]
        for site, caller in self._callers.items():
            theirs = [post for post in last if post.site == site]
            if theirs:
                post_batch(caller, theirs, self._ledger)
        killed_at = time.monotonic()
        self._faults.strike(Fault.KILL_WORKER)
        while sum(self._record.queue.lengths().values()):
            if time.monotonic() - killed_at > DECIDED_S:
                return None
            time.sleep(POLL_S)
        return time.monotonic() - killed_at
