"""Webhook messages a second to a receiver on this machine, and what a hanging one does to it.

The decisions are in the site's stream before the clock starts; it stops when the receiver has
taken all of them. The rival sends the same bodies over one kept connection, and does nothing
else: no record, no signature, no order, no log.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from uuid import uuid4

from benchmarks.accepts import listen, serve, wait_until_served
from benchmarks.measuring import Bound, Row, Spread, Target, compare, take_turns
from benchmarks.plan import Plan
from benchmarks.stand import Stand, rival_command, service_command, stand
from moderation.bootstrap import bootstrap
from moderation.delivery.signing import new_secret
from moderation.domain import Action, Decision, Source, now_rfc3339
from moderation.encoding import compact_json
from moderation.record import Record
from moderation.record.keys import Keys
from moderation.settings import Settings
from moderation.webhooks import Endpoint, EventType, Secret

ALONE, BARE, BESIDE = "one endpoint", "bare client", "beside a hanging endpoint"
#: How long a turn may take.
TURN_S = 60.0
POLL_S = 0.005
LEAST_PER_S = 500
#: What is left of that beside a neighbour that hangs.
LEAST_SHARE = 0.9


@dataclass(frozen=True)
class Bench:
    """A deliverer at work, and two receivers."""

    record: Record
    stand: Stand
    sound: tuple[str, int]
    hanging: tuple[str, int]

    def deliver(self, site: str, count: int) -> float:
        """Messages a second, from the first until the sound receiver has all."""
        before = self.received()
        started = time.perf_counter()
        _decide(self.stand, site, count)
        self.stand.wait_for(
            lambda: self.received() - before >= count, "delivery", wait_s=TURN_S
        )
        return count / (time.perf_counter() - started)

    def received(self) -> int:
        """How many messages the sound receiver has."""
        with closing(http.client.HTTPConnection(*self.sound)) as connection:
            connection.request("GET", "/")
            return int(connection.getresponse().read())

    def new_site(self, site: str, *addresses: tuple[str, int]) -> None:
        """A site with endpoints at some addresses."""
        self.record.sites.create(site, site)
        for host, port in addresses:
            self.record.webhooks.add(
                Endpoint(
                    id=uuid4().hex,
                    site=site,
                    url=f"http://{host}:{port}/",
                    events=(EventType.DECISION_CREATED,),
                    secrets=(Secret(new_secret()),),
                    created_at=now_rfc3339(),
                )
            )


def measure(plan: Plan) -> list[Row]:
    """Two comparisons; the figure of the first has a target of its own."""
    count = plan.sizes.messages
    with _bench(plan) as bench:
        figures = take_turns(
            {
                ALONE: _turn(bench, "alone", count, bench.sound),
                BARE: lambda _: _bare(bench.sound, count),
                BESIDE: _turn(bench, "beside", count, bench.hanging, bench.sound),
            },
            rounds=plan.sizes.rounds,
            told=lambda number, name, figure: plan.say(
                f"deliveries, round {number + 1}: {name}, {figure:,.0f}/s"
            ),
        )
    return [
        Row(
            "webhook deliveries",
            Spread.of(figures[ALONE]),
            "messages/s",
            target=Target(Bound.AT_LEAST, LEAST_PER_S, "messages/s"),
            also={f"{BARE} per s": Spread.of(figures[BARE]).median},
        ),
        compare(
            "webhook deliveries beside an endpoint that hangs",
            figures[BESIDE],
            figures[ALONE],
            unit="messages/s",
            against=ALONE,
            target=Target(Bound.AT_LEAST, LEAST_SHARE),
        ),
    ]


@contextmanager
def _bench(plan: Plan) -> Iterator[Bench]:
    with ExitStack() as stack:
        where = stack.enter_context(stand())
        sound, hanging = (stack.enter_context(closing(listen())) for _ in range(2))
        settings = replace(
            Settings(), redis_url=where.url, webhooks_allow_private=True, log_level="ERROR"
        )
        record = Record(settings)
        bootstrap(record, settings)
        serve(where, sound, rival_command("receiver"), settings)
        serve(where, hanging, rival_command("receiver", "--hang"), settings)
        wait_until_served(where, sound.getsockname(), "/")
        where.start(service_command("deliverer"), settings=settings)
        where.wait_for(record.webhooks.has_deliverer, "the deliverer", wait_s=TURN_S)
        plan.say("deliveries: the deliverer is up")
        yield Bench(record, where, sound.getsockname(), hanging.getsockname())


def _turn(
    bench: Bench, name: str, count: int, *addresses: tuple[str, int]
) -> Callable[[int], float]:
    def run(number: int) -> float:
        site = f"{name}-{number}"
        bench.new_site(site, *addresses)
        time.sleep(1)  # until the deliverer knows of them
        figure = bench.deliver(site, count)
        for endpoint in bench.record.webhooks.all(site):
            bench.record.webhooks.remove(site, endpoint.id)
        return figure

    return run


def _decide(where: Stand, site: str, count: int) -> None:
    with where.connection.pipeline(transaction=False) as pipe:
        for number in range(count):
            pipe.xadd(Keys("0")("decisions", site), {"decision": _decision(number)})
        pipe.execute()
    where.connection.publish(Keys("0")("decided"), site)


def _decision(number: int) -> str:
    decision = Decision(
        comment_id=f"c{number}",
        article_id="a1",
        revision=1,
        action=Action.APPROVE,
        source=Source.CLASSIFIER,
        reasons=(),
        decided_at=now_rfc3339(),
        scores={"toxicity": 0.0123, "insult": 0.0045, "spam": 0.0011},
        model="bench",
        language="en",
    )
    return compact_json(decision.to_json())


def _bare(address: tuple[str, int], count: int) -> float:
    bodies = [_decision(number).encode() for number in range(count)]
    headers = {"Content-Type": "application/json"}
    started = time.perf_counter()
    with closing(http.client.HTTPConnection(*address)) as connection:
        for body in bodies:
            connection.request("POST", "/", body, headers)
            connection.getresponse().read()
    return count / (time.perf_counter() - started)
