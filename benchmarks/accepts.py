"""Requests a second over HTTP: comments accepted, against Flask's hello world.

Both run under the same gunicorn configuration, the service's default one, and one load
generator takes them in turn. No worker runs: what is measured is accepting.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from benchmarks import http_requests
from benchmarks.load import seconds_to_answer
from benchmarks.measuring import Bound, Row, Target, compare, take_turns
from benchmarks.plan import Plan
from benchmarks.stand import START_S, Stand, rival_command, service_command, stand
from moderation.bootstrap import bootstrap
from moderation.record import Record
from moderation.settings import Settings

CONNECTIONS = 16
BATCH_CONNECTIONS = 4
WARM_UP = 300
ACCEPT, HELLO, BATCHED = "accept", "hello world", "accept, 100 a request"
OK, ACCEPTED = 200, 202


@dataclass(frozen=True)
class Site:
    """Where requests go: an address, and a record in which sites can be made."""

    address: tuple[str, int]
    record: Record

    def new_key(self, name: str) -> str:
        """The API key of a new site, whose texts were never posted before."""
        self.record.sites.create(name, name)
        return self.record.sites.issue_key(name)


def measure(plan: Plan) -> list[Row]:
    """Two comparisons."""
    sizes = plan.sizes
    texts = plan.texts
    with stand() as where, closing(listen()) as ours, closing(listen()) as theirs:
        settings = replace(plan.settings, redis_url=where.url)
        record = Record(settings)
        bootstrap(record, settings)
        site = Site(ours.getsockname(), record)
        serve(where, ours, service_command("api", "--listen-fd"), settings)
        serve(where, theirs, rival_command("hello"), settings)
        wait_until_served(where, ours.getsockname(), "/healthz")
        wait_until_served(where, theirs.getsockname(), "/")
        figures = take_turns(
            {
                ACCEPT: _accepts(site, texts[: sizes.accepts]),
                HELLO: _hellos(theirs.getsockname(), 2 * sizes.accepts),
                BATCHED: _batches(site, texts[: sizes.batches * http_requests.BATCH]),
            },
            rounds=sizes.rounds,
            told=lambda number, name, figure: plan.say(
                f"accepts, round {number + 1}: {name}, {figure:,.0f}/s"
            ),
        )
    return [
        compare(
            "accept over HTTP against hello world",
            figures[ACCEPT],
            figures[HELLO],
            unit="requests/s",
            against=HELLO,
            target=Target(Bound.AT_LEAST, 0.4),
        ),
        compare(
            "accept 100 a request against one",
            figures[BATCHED],
            figures[ACCEPT],
            unit="comments/s",
            against="one a request",
        ),
    ]


def _accepts(site: Site, texts: Sequence[str]) -> Callable[[int], float]:
    def per_second(number: int) -> float:
        key = site.new_key(f"accepts-{number}")
        requests = list(http_requests.accepts(texts, api_key=key))
        return _per_second(site.address, requests, expected=ACCEPTED)

    return per_second


def _batches(site: Site, texts: Sequence[str]) -> Callable[[int], float]:
    def per_second(number: int) -> float:
        key = site.new_key(f"batches-{number}")
        requests = list(http_requests.batches(texts, api_key=key))
        seconds = seconds_to_answer(
            site.address, requests, connections=BATCH_CONNECTIONS, expected=ACCEPTED
        )
        return len(texts) / seconds

    return per_second


def _hellos(address: tuple[str, int], count: int) -> Callable[[int], float]:
    requests = [http_requests.get("/")] * count
    return lambda _: _per_second(address, requests, expected=OK)


def _per_second(address: tuple[str, int], requests: list[bytes], *, expected: int) -> float:
    warm_up = min(WARM_UP, len(requests) // 4)
    seconds_to_answer(address, requests[:warm_up], connections=CONNECTIONS, expected=expected)
    measured = requests[warm_up:]
    seconds = seconds_to_answer(address, measured, connections=CONNECTIONS, expected=expected)
    return len(measured) / seconds


def listen() -> socket.socket:
    """A port of its own that waits for connections."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(2048)
    return listener


def serve(
    where: Stand, listener: socket.socket, command: Sequence[str], settings: Settings
) -> None:
    """Starts an HTTP server on a port that is open already."""
    descriptor = listener.fileno()
    where.start([*command, str(descriptor)], settings=settings, pass_fds=[descriptor])


def wait_until_served(where: Stand, address: tuple[str, int], path: str) -> None:
    """Returns when one request is answered; the listener is open from the beginning."""
    request = [http_requests.get(path)]
    where.wait_for(
        lambda: seconds_to_answer(address, request, connections=1, expected=OK) > 0,
        "the HTTP server to answer",
        wait_s=START_S,
    )
