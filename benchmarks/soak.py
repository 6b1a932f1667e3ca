"""The command: `python -m benchmarks.soak`. Does memory grow while the service works?

A whole service takes comments one by one and in batches, decides them, is read, scores, and
erases all of it again; a client follows the stream meanwhile. After each such round the memory
of every process and of Redis is noted. What Redis keeps of an erased comment (its id, its
decision in the feed) is known to grow; a process that grows has a leak.
"""

from __future__ import annotations

import socket
import statistics
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count

import click

from benchmarks import http_requests
from benchmarks.backlog import new_comments
from benchmarks.load import seconds_to_answer
from benchmarks.memory import MEGABYTE, processes
from benchmarks.plan import FULL, Plan
from benchmarks.stand import StandError
from benchmarks.whole import API_KEY, running
from moderation.record import Record

#: Comments that are posted one by one in a round, and in batches.
SINGLES, BATCHED = 400, 200
#: Requests of each kind that read, and that score.
READS, SCORES = 50, 20
CONNECTIONS = 8
OK, ACCEPTED, NO_CONTENT = 200, 202, 204
#: The first share of a run fills caches and pools; growth is looked for in the rest.
WARM_UP_SHARE = 1 / 3
#: A process is flat if the rest of the run adds less than so much of what it holds.
FLAT_SHARE = 0.02
DECIDE_S = 120.0
POLL_S = 0.1
LEAST_SAMPLES = 3
#: What `processes` calls the server: it grows with what it keeps.
SERVER = "embedded server"


@dataclass(frozen=True)
class Sample:
    """The memory of each process and of Redis (MB) after so many requests, at a moment (s)."""

    at_s: float
    requests: int
    processes: Mapping[str, float]
    redis_mb: float


@dataclass(frozen=True)
class Trend:
    """How one memory went after the warm-up: a straight line through the samples.

    Attributes:
        first_mb: where the line begins.
        last_mb: where it ends.
        mb_per_hour: its slope in time.
        mb_per_million: its slope in requests.
    """

    first_mb: float
    last_mb: float
    mb_per_hour: float
    mb_per_million: float

    @property
    def is_flat(self) -> bool:
        """Whether it does not grow: falling is fine."""
        return self.last_mb - self.first_mb < FLAT_SHARE * self.first_mb


@dataclass
class Rounds:
    """Rounds of work on a service that leave nothing but what is kept of the erased."""

    address: tuple[str, int]
    record: Record
    api_key: str
    singles: int = SINGLES
    batched: int = BATCHED
    requests: int = 0
    comments: int = 0
    _numbers: Iterator[int] = field(default_factory=count)

    def one(self) -> None:
        """One round.

        Raises:
            StandError: an answer was not the one that is due, or comments stay undecided.
        """
        number = next(self._numbers)
        bodies = self._bodies(number)
        ids = [str(body["id"]) for body in bodies]
        self._post(bodies)
        self.comments += len(bodies)
        self._wait_until_decided()
        self._read(ids)
        self._send(
            [http_requests.delete(f"/v1/comments/{one}", self.api_key) for one in ids],
            NO_CONTENT,
        )

    def _bodies(self, number: int) -> list[dict[str, object]]:
        total = self.singles + self.batched
        return [
            {
                "id": f"soak-{number}-{place}",
                "article_id": one.article_id,
                "text": one.content["text"],
                "author": one.content["author"],
            }
            for place, one in enumerate(new_comments(total))
        ]

    def _post(self, bodies: Sequence[dict[str, object]]) -> None:
        singles, batched = bodies[: self.singles], bodies[self.singles :]
        posts = []
        for body in singles:
            path = f"/v1/articles/{body['article_id']}/comments"
            kept = {name: value for name, value in body.items() if name != "article_id"}
            posts.append(http_requests.post(path, kept, api_key=self.api_key))
        for first in range(0, len(batched), http_requests.BATCH):
            comments = {"comments": batched[first : first + http_requests.BATCH]}
            posts.append(
                http_requests.post("/v1/comments/batch", comments, api_key=self.api_key)
            )
        self._send(posts, ACCEPTED)

    def _read(self, ids: Sequence[str]) -> None:
        paths = [f"/v1/comments/{one}" for one in ids[:READS]]
        paths += ["/v1/decisions?limit=100", "/v1/policy", "/metrics", "/readyz"] * (
            READS // 10
        )
        self._send([http_requests.get(path, self.api_key) for path in paths], OK)
        texts = [f"A remark to be scored, number {number}" for number in range(SCORES)]
        self._send(list(http_requests.scores(texts, api_key=self.api_key)), OK)

    def _send(self, requests: Sequence[bytes], expected: int) -> None:
        seconds_to_answer(self.address, requests, connections=CONNECTIONS, expected=expected)
        self.requests += len(requests)

    def _wait_until_decided(self) -> None:
        deadline = time.monotonic() + DECIDE_S
        while any(self.record.queue.lengths().values()):
            if time.monotonic() > deadline:
                raise StandError(f"comments were not decided within {DECIDE_S:.0f} s")
            time.sleep(POLL_S)


def warmed_up(samples: Sequence[Sample]) -> Sequence[Sample]:
    """The samples after the warm-up.

    Raises:
        StandError: they are too few, or a process was not there all the time.
    """
    kept = samples[int(len(samples) * WARM_UP_SHARE) :]
    if len(kept) < LEAST_SAMPLES or any(
        {*one.processes} != {*kept[-1].processes} for one in kept
    ):
        raise StandError("too few samples of the same processes: run it for longer")
    return kept


def trend(kept: Sequence[Sample], memory: Sequence[float]) -> Trend:
    """How a memory went, one figure (MB) for each sample."""
    hours = [one.at_s / 3600 for one in kept]
    by_time = statistics.linear_regression(hours, memory)
    by_work = statistics.linear_regression([one.requests / 1e6 for one in kept], memory)
    return Trend(
        first_mb=by_time.intercept + by_time.slope * hours[0],
        last_mb=by_time.intercept + by_time.slope * hours[-1],
        mb_per_hour=by_time.slope,
        mb_per_million=by_work.slope,
    )


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--minutes", type=click.FloatRange(min=0.5), default=10.0, show_default=True)
def main(minutes: float) -> None:
    """Put a service under load for some minutes and tell whether its memory grows."""
    try:
        click.echo(soak(minutes * 60))
    except StandError as error:
        raise click.ClickException(str(error)) from error


def soak(seconds: float) -> str:
    """Runs a service under load for so long; what that tells, as Markdown.

    Raises:
        StandError: it did not do what it should, or there were too few rounds.
    """
    samples: list[Sample] = []
    with running(Plan([], FULL)) as whole, following(whole.address):
        rounds = Rounds(whole.address, whole.record, API_KEY)
        began = time.monotonic()
        while (at_s := time.monotonic() - began) < seconds:
            rounds.one()
            samples.append(_sample(at_s, rounds, whole.process.pid))
            click.echo(f"{at_s:5.0f} s, {rounds.requests:,} requests", err=True)
    return report(warmed_up(samples), rounds)


def _sample(at_s: float, rounds: Rounds, pid: int) -> Sample:
    # Memory that no file is behind: what files are is shared with whatever else runs here.
    held = {f"{one.role}, {one.pid}": one.megabytes("Pss_Anon") for one in processes(pid)}
    redis_mb = rounds.record.pressure.load().memory_bytes / MEGABYTE
    return Sample(at_s, rounds.requests, held, redis_mb)


def report(kept: Sequence[Sample], rounds: Rounds) -> str:
    """What the samples tell, as Markdown."""
    lines = [
        "| memory | after warm-up, MB | at the end | MB/hour | MB/million requests | flat |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for name in kept[-1].processes:
        one = trend(kept, [sample.processes[name] for sample in kept])
        is_server = name.startswith(SERVER)
        flat = "as Redis" if is_server else "yes" if one.is_flat else "NO"
        lines.append(_line(name, one, flat))
    redis = trend(kept, [sample.redis_mb for sample in kept])
    lines.append(_line("Redis, used_memory", redis, "see below"))
    of_each = redis.mb_per_million * rounds.requests / rounds.comments
    work = f"{rounds.requests:,} requests, {rounds.comments:,} comments"
    begin = f"{work}, {kept[-1].at_s / 60:.1f} minutes."
    end = f"Redis keeps {of_each:.0f} bytes of a comment that was decided and erased."
    return "\n".join([begin, "", *lines, "", end])


def _line(name: str, one: Trend, flat: str) -> str:
    return (
        f"| {name} | {one.first_mb:.1f} | {one.last_mb:.1f} | {one.mb_per_hour:+.1f} "
        f"| {one.mb_per_million:+.0f} | {flat} |"
    )


@contextmanager
def following(address: tuple[str, int]) -> Iterator[None]:
    """Inside, somebody reads the decisions as they are made."""
    connection = socket.create_connection(address)
    connection.sendall(http_requests.get("/v1/decisions/stream", API_KEY))

    def read() -> None:
        with suppress(OSError):
            while connection.recv(65_536):
                pass

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield
    finally:
        connection.shutdown(socket.SHUT_RDWR)
        reader.join()
        connection.close()


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.soak")
