"""What a worker runs, whatever a job in Redis says. A real RQ worker on the real server."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from rq import Callback, Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from moderation.record import Record
from moderation.record.doorbell import DRAIN
from tests.fakes import FakeRelease, judge_with
from tests.moderation.record.pending import accept, status
from workers import scoring
from workers.main import PreloadedWorker
from workers.scoring import Station


@pytest.fixture
def queue(record: Record) -> Queue:
    """The queue that workers listen on, as somebody who can write to Redis uses it."""
    return Queue(
        record.queue.doorbell.queue_name, connection=record.rq_connection, serializer="json"
    )


@pytest.fixture
def work(
    record: Record, release: FakeRelease, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], None]:
    """Runs a worker until its queue is empty."""
    monkeypatch.setattr(scoring, "LINGER_MS", 1)
    station = Station("w1", record.queue, judge_with(record, release), threading.Event())
    scoring.open_station(record.shard, station)

    def run() -> None:
        worker = PreloadedWorker(
            [record.queue.doorbell.queue_name],
            connection=record.rq_connection,
            serializer="json",
        )
        worker.stop = station.stop
        worker.work(burst=True, logging_level="ERROR")

    return run


def accept_and_ring(record: Record, queue: Queue) -> None:
    """A comment and a drain job behind whatever is in RQ's queue already."""
    accept(record, "c1")
    queue.enqueue(DRAIN, record.shard)


def refused(queue: Queue, job_id: str) -> bool:
    return job_id in queue.failed_job_registry.get_job_ids()


def test_the_doorbells_job_decides(record: Record, work: Callable[[], None]):
    accept(record, "c1")

    work()

    assert status(record, "c1")[0] == "approved"


def test_it_runs_in_the_process_that_holds_the_release(
    record: Record, release: FakeRelease, work: Callable[[], None]
):
    # A forked child would decide as well, only slower, and what it noted would die with it
    accept(record, "c1")

    work()

    assert release.batches == [1]


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "subprocess.run",
        "builtins.exec",
        "workers.scoring.open_station",
        "workers.scoring.Drain",
        "workers.scoring.drain.__call__",
    ],
)
def test_a_function_off_the_short_list_is_refused_and_runs_nothing(
    queue: Queue, record: Record, work: Callable[[], None], tmp_path: Path, name: str
):
    # Given
    proof = tmp_path / "proof"
    job = queue.enqueue(name, f"touch {proof}")
    accept_and_ring(record, queue)

    # When
    work()

    # Then
    assert refused(queue, job.id)
    assert not proof.exists()
    assert status(record, "c1")[0] == "approved", "the next job was not run"


def test_an_instance_is_refused(queue: Queue, work: Callable[[], None], tmp_path: Path):
    # Given: RQ would look the method up on what the job calls its instance
    proof = tmp_path / "proof"
    job = queue.enqueue("workers.scoring.drain", "0")
    data = JSONSerializer.dumps(["write_text", {"path": str(proof)}, ["x"], {}])
    queue.connection.hset(job.key, "data", data)

    # When
    work()

    # Then
    assert refused(queue, job.id)
    assert not proof.exists()


def test_pickled_data_is_never_loaded(queue: Queue, work: Callable[[], None], tmp_path: Path):
    # Given: a pickle that would make a file when it is loaded, plain and as RQ packs it
    proof = tmp_path / "proof"
    evil = f"cos\nsystem\n(S'touch {proof}'\ntR.".encode()
    jobs = [queue.enqueue("workers.scoring.drain", "0") for _ in range(2)]
    queue.connection.hset(jobs[0].key, "data", evil)
    queue.connection.hset(jobs[1].key, mapping={"data": zlib.compress(evil), "meta": evil})

    # When
    work()

    # Then
    assert not proof.exists()


@pytest.mark.parametrize("function", ["workers.scoring.drain", "os.system"])
def test_callbacks_are_never_called(
    queue: Queue, record: Record, work: Callable[[], None], function: str
):
    # Given: callbacks of a job that succeeds, and of one that fails
    job = queue.enqueue(
        function,
        record.shard,
        on_success=Callback("os.abort"),
        on_failure=Callback("os.abort"),
        on_stopped=Callback("os.abort"),
    )
    accept_and_ring(record, queue)

    # When: an abort would end this very process
    work()

    # Then
    assert refused(queue, job.id) is (function == "os.system")
    assert status(record, "c1")[0] == "approved"


def test_webhooks_of_a_job_are_not_sent(queue: Queue, record: Record, work: Callable[[], None]):
    # Given
    heard: list[str] = []

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Ear)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        for function in ("workers.scoring.drain", "os.system"):
            job = queue.enqueue(function, record.shard)
            hooks = [{"url": url, "statuses": ["finished", "failed"]}]
            queue.connection.hset(job.key, "webhooks", json.dumps(hooks))

        # When
        work()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

    # Then
    assert heard == []


def test_a_drain_of_a_shard_that_is_not_ours_only_fails(
    queue: Queue, record: Record, work: Callable[[], None]
):
    job = queue.enqueue("workers.scoring.drain", "another shard")
    accept_and_ring(record, queue)

    work()

    assert refused(queue, job.id)
    assert status(record, "c1")[0] == "approved"


def test_jobs_are_written_as_json(record: Record, queue: Queue):
    accept(record, "c1")

    [job_id] = queue.get_job_ids()
    data = record.rq_connection.hget(Job.key_for(job_id), "data")
    assert json.loads(zlib.decompress(data)) == ["workers.scoring.drain", None, ["0"], {}]
