"""What retention and the archive cost: `python -m benchmarks.keeping`.

Decided comments in an embedded server of its own are read, exported, stripped of personal
fields, archived and erased from the archive. Texts are people's, authors made up; nothing
leaves a temporary folder. Speeds are by the processor time of this process, which a busy
machine changes little. Memory is the server's `used_memory`: allocations as it rounds them up.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from itertools import islice
from pathlib import Path

from benchmarks.plan import read_texts
from moderation import embedded, exports
from moderation.archive import Archive
from moderation.bootstrap import DEMO_SITE, bootstrap
from moderation.desk.upkeep import keeping
from moderation.domain import Action, Decision, NewComment, Source, now_rfc3339
from moderation.encoding import compact_json
from moderation.record import Record
from moderation.record.keys import Keys
from moderation.record.queue import PendingComment, Settled
from moderation.record.upkeep import Subject, SubjectKind
from moderation.retention import Retention
from moderation.settings import Settings

BATCH = 500
COMMENTS_OF_AN_AUTHOR = 20
CATEGORIES = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "spam")
MEGABYTE = 1e6


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--comments", type=int, default=20_000)
    parser.add_argument("--ids", type=int, default=1_000_000)
    options = parser.parse_args()
    texts = list(islice(read_texts(options.data), options.comments))
    with served() as (record, folder):
        fill(record, texts)
        measure(record, Archive(folder / "archive"), len(texts))
        measure_ids(record, options.ids)


def measure(record: Record, archive: Archive, count: int) -> None:
    """Takes the comments all the way from the record to nowhere, and tells what it took."""
    later = datetime.now(UTC) + timedelta(days=100)

    def sweep(rules: Retention) -> None:
        with keeping(record, archive, now=lambda: later) as keeper:
            keeper.sweep(DEMO_SITE, rules)

    def erase() -> None:
        subject = Subject.named(SubjectKind.AUTHOR, "author-7", keeps_labels=False)
        record.upkeep.want_erased(DEMO_SITE, subject)
        with keeping(record, archive) as keeper:
            keeper.erase_wanted(DEMO_SITE)

    forever = Retention(personal=None)
    tell("export", count, timed(lambda: sum(1 for _ in exports.every(record, None, DEMO_SITE))))
    tell("sweep in which nothing is due", count, timed(lambda: sweep(forever)))
    tell("forget personal fields", count, timed(lambda: sweep(Retention())))
    living = used_memory(record)
    tell("archive", count, timed(lambda: sweep(Retention(comments=90))))
    left = used_memory(record)
    size = sum(one.stat().st_size for one in archive.files(DEMO_SITE))
    print(f"{'archive':32} {size / count:8.0f} bytes a comment on disk")
    print(f"{'Redis, before':32} {living / count:8.0f} bytes a comment, all of the server")
    print(f"{'Redis, afterwards':32} {left / count:8.0f} bytes a comment, the feed included")
    tell("erase an author from the archive", count, timed(erase))


def measure_ids(record: Record, count: int) -> None:
    """Tells what it costs to know the ids of comments that left, as library.lua keeps them."""
    keys, before = Keys(record.shard), used_memory(record)
    for at in range(0, count, BATCH):
        with record.connection.pipeline(transaction=False) as pipe:
            for number in range(at, at + BATCH):
                digest = sha1(f"id {number}".encode(), usedforsecurity=False).hexdigest()
                pipe.sadd(keys("retired", DEMO_SITE, digest[:4]), int(digest[4:16], 16))
            pipe.execute()
    each = (used_memory(record) - before) / count
    print(f"{'an id that stays used':32} {each:8.1f} bytes, of {count:,}")


def timed(act: Callable[[], object]) -> float:
    """How much of a processor's time something takes, in seconds."""
    began = time.process_time()
    act()
    return time.process_time() - began


def tell(what: str, count: int, took_s: float) -> None:
    """Prints how fast something was."""
    print(f"{what:32} {count / took_s:8,.0f} comments a second", flush=True)


def used_memory(record: Record) -> int:
    """What the server has allocated, bytes."""
    told: dict[str, int] = record.connection.info("memory")  # type: ignore[assignment]
    return int(told["used_memory"])


def fill(record: Record, texts: Sequence[str]) -> None:
    """Stores the texts as comments that the machine approved."""
    record.queue.prepare()
    for at in range(0, len(texts), BATCH):
        comments = [_comment(at + n, text) for n, text in enumerate(texts[at : at + BATCH])]
        record.comments.accept_batch(DEMO_SITE, comments)
        settled: list[Settled] = []
        while entries := record.queue.turn(
            "benchmark", batch=BATCH, claim=False, settled=settled
        ).entries:
            settled = [_approved(one) for one in entries if isinstance(one, PendingComment)]


def _comment(number: int, text: str) -> NewComment:
    author = {
        "id": f"author-{number // COMMENTS_OF_AN_AUTHOR}",
        "name": f"Reader {number}",
        "email": f"reader-{number}@example.org",
        "ip": f"198.51.{number % 256}.0",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    }
    content = {"text": text, "author": author, "created_at": now_rfc3339()}
    made_ms = int(time.time() * 1000)
    return NewComment(f"c{number}", f"a{number // 200}", content, f"{number:032x}", made_ms)


def _approved(entry: PendingComment) -> Settled:
    decision = Decision(
        comment_id=entry.comment_id,
        article_id=entry.article_id,
        revision=1,
        action=Action.APPROVE,
        source=Source.CLASSIFIER,
        reasons=(),
        decided_at=now_rfc3339(),
        scores={one: round(0.01 + 0.001 * n, 4) for n, one in enumerate(CATEGORIES)},
        model="2026.11-2",
        language="en",
    )
    written = compact_json(decision.to_json())
    return Settled(entry, entry.comment_id, 1, "approved", written, content=entry.content)


@contextmanager
def served() -> Iterator[tuple[Record, Path]]:
    """A record on an embedded server of its own, and a folder, both gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="keeping-") as name:
        folder = Path(name)
        url = embedded.embedded_url(folder / "var")
        command = embedded.server_command(folder / "var", appendfsync="everysec")
        process = subprocess.Popen(command)
        try:
            embedded.wait_until_answers(url, alive=lambda: process.poll() is None, wait_s=30)
            settings = Settings(redis_url=url)
            record = Record(settings)
            bootstrap(record, settings)
            yield record, folder
        finally:
            embedded.shut_down(url)
            process.wait(30)


if __name__ == "__main__":
    main()
