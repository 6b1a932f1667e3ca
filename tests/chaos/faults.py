"""The faults, each as one method, and how long the service took to come back from some."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import count
from typing import Any

from moderation import embedded
from moderation.record.connection import connect
from tests.chaos.calls import Callers
from tests.chaos.clocks import ROLES, Clocks
from tests.chaos.ledger import Ledger
from tests.chaos.parts import Parts
from tests.chaos.plan import Fault
from tests.chaos.traffic import Post, Posts, post_one

#: A stopped process goes on after up to so long: beyond the patience of clients, and of workers
#: that take over what another one seems to have left.
LONGEST_STOP_S = 5.0
#: Redis holds up everybody; longer stops than that are no stops but outages.
LONGEST_REDIS_STOP_S = 2.0
OFFSETS_S = (0.0, 0.0, -5.0, 5.0, -3_600.0, 3_600.0, -2 * 86_400.0, 2 * 86_400.0)
#: Redis stays full until so many posts were refused.
REFUSALS = 3
#: A service that does not answer again after so long does not recover.
RECOVERY_S = 180.0
POLL_S = 0.01
#: Numbers of the comments that probe whether the service is back begin here.
PROBES_FROM = 1_000_000_000


class Faults:
    """Does bad things to the service and notes what they cost.

    Attributes:
        struck: how often each fault happened.
        recovery_s: fault → seconds from the kill to the next comment that was acknowledged.
        redis_back_s: seconds from its kill until Redis itself had loaded its data.
    """

    def __init__(
        self,
        parts: Parts,
        clocks: Clocks,
        posts: Posts,
        callers: Callers,
        ledger: Ledger,
        rng: random.Random,
    ) -> None:
        self._parts, self._clocks, self._rng = parts, clocks, rng
        self._posts, self._ledger = posts, ledger
        self._callers = {site: callers.new(site.api_key) for site in posts.sites}
        self._redis = connect(parts.settings.redis_url)
        self._probes = count(PROBES_FROM)
        self.struck: Counter[Fault] = Counter()
        self.recovery_s: dict[Fault, list[float]] = defaultdict(list)
        self.redis_back_s: list[float] = []
        self._strikes: dict[Fault, Callable[[], None]] = {
            Fault.KILL_WORKER: lambda: self._kill("worker"),
            Fault.KILL_API: lambda: self._kill("api"),
            Fault.KILL_DELIVERER: lambda: self._kill("deliverer"),
            Fault.KILL_REDIS: self._kill_redis,
            Fault.KILL_SUPERVISOR: self._kill_supervisor,
            Fault.KILL_EVERYTHING: self._kill_everything,
            Fault.STOP_WORKER: lambda: self._stop("worker", LONGEST_STOP_S),
            Fault.STOP_API: lambda: self._stop("api", LONGEST_STOP_S),
            Fault.STOP_DELIVERER: lambda: self._stop("deliverer", LONGEST_STOP_S),
            Fault.STOP_REDIS: lambda: self._stop("redis", LONGEST_REDIS_STOP_S),
            Fault.CUT_CONNECTIONS: self._cut_connections,
            Fault.FILL_REDIS: self._fill_redis,
            Fault.SKEW_CLOCK: self._skew_clock,
        }

    def strike(self, fault: Fault) -> None:
        """Does it; returns when a comment is acknowledged again where that is measured.

        Raises:
            TimeoutError: there is nothing to do it to, or the service does not come back.
        """
        self._strikes[fault]()
        self.struck[fault] += 1

    def close(self) -> None:
        """Closes the connection to Redis."""
        self._redis.close()

    def _kill(self, role: str) -> None:
        self._signal(role, signal.SIGKILL)

    def _kill_redis(self) -> None:
        killed_at = time.monotonic()
        self._kill("redis")
        # Nothing can be acknowledged before; who asks in between measures both.
        url = self._parts.settings.redis_url
        embedded.wait_until_answers(url, alive=lambda: True, wait_s=RECOVERY_S)
        self.redis_back_s.append(time.monotonic() - killed_at)
        self._measure_recovery(Fault.KILL_REDIS, killed_at)

    def _kill_supervisor(self) -> None:
        before = self._parts.pids("redis")
        killed_at = time.monotonic()
        self._kill("supervisor")
        # For some moments its orphans answer as if nothing had happened.
        while not set(before).isdisjoint(self._parts.pids("redis")):
            time.sleep(POLL_S)
        self._measure_recovery(Fault.KILL_SUPERVISOR, killed_at)

    def _kill_everything(self) -> None:
        killed_at = time.monotonic()
        self._parts.kill_everything()
        self._measure_recovery(Fault.KILL_EVERYTHING, killed_at)

    def _stop(self, role: str, longest_s: float) -> None:
        pid = self._signal(role, signal.SIGSTOP)
        time.sleep(self._rng.uniform(0.2, longest_s))
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    def _cut_connections(self) -> None:
        for kind in ("normal", "pubsub"):
            self._redis.client_kill_filter(_type=kind)

    def _fill_redis(self) -> None:
        before: Any = self._redis.config_get("maxmemory")
        used = int(self._redis.info("memory")["used_memory"])
        self._redis.config_set("maxmemory", used * 9 // 10)
        probes = [self._probe() for _ in range(REFUSALS)]
        try:
            for post in probes:
                self._expect_refusal(post)
        finally:
            self._redis.config_set("maxmemory", before["maxmemory"])
        for post in probes:
            post_one(self._callers[post.site], post, self._ledger)

    def _expect_refusal(self, post: Post) -> None:
        answer = self._callers[post.site].ask_once("POST", post.path, json=post.with_id)
        if answer is not None:
            self._ledger.note_wrong(f"a full Redis was answered with {answer.status_code}")

    def _skew_clock(self) -> None:
        self._clocks.set(self._rng.choice(ROLES), self._rng.choice(OFFSETS_S))

    def _signal(self, role: str, number: signal.Signals) -> int:
        """Sends a signal to one process of a role; waits for one that is just starting."""
        deadline = time.monotonic() + RECOVERY_S
        while time.monotonic() < deadline:
            if pids := self._parts.pids(role):
                pid = self._rng.choice(pids)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
                    return pid
            time.sleep(POLL_S)
        raise TimeoutError(f"no {role} is running")

    def _measure_recovery(self, fault: Fault, killed_at: float) -> None:
        post = self._probe()
        caller = self._callers[post.site]
        while time.monotonic() - killed_at < RECOVERY_S:
            answer = caller.ask_once("POST", post.path, json=post.with_id)
            if answer is not None:
                self.recovery_s[fault].append(time.monotonic() - killed_at)
                post_one(caller, post, self._ledger)
                return
            time.sleep(POLL_S)
        raise TimeoutError(f"the service did not come back after: {fault.value}")

    def _probe(self) -> Post:
        return self._posts[next(self._probes)]
