"""A job for each comment: the usual way to use RQ, done well.

In-process (`SimpleWorker`), JSON, the release loaded before the first job, no result kept,
one round trip to read and one to write. It does not count copies or floods.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from rq import Queue, SimpleWorker

from benchmarks.rivals.kit import Kit, compact, feed, rounded
from models.text import normalise
from moderation import policy
from moderation.domain import Decision, now_rfc3339
from moderation.policy import Policy, Rulebook, Subject
from moderation.wordlists import WordList

QUEUE = "comments"
JOB = "benchmarks.rivals.job_worker.decide"
COMMENT = "comment:{site}:{comment}"


@dataclass(frozen=True)
class Desk:
    """What the jobs of this process work with."""

    kit: Kit
    rules: Rulebook


_desks: list[Desk] = []


def main() -> None:
    """Works until SIGTERM."""
    # RQ imports the job's module by its name, which is not the one that runs as a program.
    from benchmarks.rivals import job_worker

    kit = Kit.unpack()
    nothing = WordList((), normalise)
    rules = Rulebook(
        Policy(),
        policy.effective_thresholds(Policy(), kit.release.thresholds),
        nothing,
        nothing,
        kit.release.languages,
    )
    job_worker.open_desk(Desk(kit, rules))
    worker = SimpleWorker(
        [Queue(QUEUE, connection=kit.raw_connection, serializer="json")],
        connection=kit.raw_connection,
        serializer="json",
        log_job_description=False,
    )
    kit.say_ready()
    worker.work(logging_level="WARNING")


def open_desk(desk: Desk) -> None:
    """Tells the jobs of this process what they work with."""
    _desks.append(desk)


def decide(site: str, comment: str) -> None:
    """The job: reads one comment, scores it, applies the policy, writes the decision."""
    kit, rules = _desks[0].kit, _desks[0].rules
    key = COMMENT.format(site=site, comment=comment)
    article, written = kit.connection.hmget(key, "article", "content")
    content = json.loads(str(written))
    scored = kit.release.score([content["text"]])[0]
    scores = rounded(scored.scores)
    subject = Subject(
        content["text"],
        scored.normalised,
        scores,
        str(article),
        content["author"]["id"],
        language=scored.language,
    )
    verdict = policy.decide(subject, rules)
    decision = Decision(
        comment_id=comment,
        article_id=str(article),
        revision=1,
        action=verdict.action,
        source=verdict.source,
        reasons=verdict.reasons,
        decided_at=now_rfc3339(),
        scores=scores,
        model=kit.release.version,
        language=scored.language,
    )
    line = compact(decision.to_json())
    with kit.connection.pipeline(transaction=True) as pipe:
        pipe.hset(key, mapping={"status": verdict.action.status.value, "decision:1": line})
        pipe.xadd(feed(site), {"decision": line})
        pipe.execute()


if __name__ == "__main__":
    main()
