"""One batch: a site's release scores its texts at once, the site's policy decides.

A comment that cannot be read, scored or judged is held as `unscored`: never approved, never
dropped, and never in the way of the rest of its batch.
"""

from __future__ import annotations

import logging
import re
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from models.explanation import Span
from models.release import Release, Scored
from models.text import normalise
from moderation import policy
from moderation.domain import Action, Decision, Facts, Source, now_rfc3339
from moderation.encoding import compact_json
from moderation.errors import RedisAwayError
from moderation.policy import Rulebook, Subject, Verdict
from moderation.record.operations import counter_name
from moderation.record.policies import Policies
from moderation.record.queue import Answer, Entry, PendingComment, Question, Settled
from moderation.releases import Shadowed
from moderation.wordlists import WordList
from workers.lineup import Judged, Lineup, OnDuty
from workers.observing import Observer
from workers.placing import Held, Lottery, places
from workers.reading import Job, read

log = logging.getLogger(__name__)

#: Upper bounds of the histogram of times from accept to decision.
LATENCY_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
#: The machine decides once; whatever was decided before stands.
FIRST_REVISION = 1
_DECISIONS = {
    (action, source): counter_name("decisions", action=action.value, source=source.value)
    for action in Action
    for source in Source
}
_SECONDS_SUM = counter_name("decision_seconds_sum")
_SECONDS_BUCKETS = [
    counter_name("decision_seconds_bucket", le=str(bound))
    for bound in (*LATENCY_BUCKETS_S, "+Inf")
]
#: The primary subtag of a BCP 47 tag; longer ones are names that no language has.
_PRIMARY_SUBTAG = re.compile(r"\s*([a-z]{2,3})(?![a-z0-9])", re.IGNORECASE)
#: Subtags that name no language: undetermined, several, none, not coded.
_NO_LANGUAGE = frozenset({"und", "mul", "zxx", "mis"})
#: Digits that are kept of a score.
SCORE_DIGITS = 4


@dataclass
class Results:
    """What one batch came to, as the next turn writes it."""

    decided_at: str = field(default_factory=now_rfc3339)
    settled: list[Settled] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    metrics: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    held: list[tuple[int, Held]] = field(default_factory=list)
    """What has no place yet, with its number among the settled."""

    def add(self, more: Results) -> None:
        """Takes in what another batch came to."""
        self.settled += more.settled
        self.answers += more.answers
        for counter, amount in more.metrics.items():
            self.metrics[counter] += amount


class Judge:
    """Decides batches, each with the releases that are on duty when it begins.

    Args:
        policies: the rules of the sites.
        lineup: tells who is on duty now.
        observer: notes what is seen besides.
    """

    def __init__(
        self, policies: Policies, lineup: Callable[[], Lineup], observer: Observer
    ) -> None:
        self._policies = policies
        self._ask_lineup = lineup
        self._lineup = lineup()
        self._observer = observer
        self._lottery = Lottery(policies)
        self._rulebooks: dict[tuple[str, str], tuple[int, Rulebook]] = {}

    def settle(self, entries: Sequence[Entry]) -> Results:
        """Scores one batch as a whole, decides each comment and answers each question.

        Raises:
            RedisAwayError: a site's policy could not be fetched.
        """
        results, jobs = Results(), []
        if not entries:
            return results
        self._change_over()
        for entry in entries:
            job = read(entry)
            if job is not None:
                jobs.append(job)
            elif isinstance(entry, PendingComment):
                self._hold_unscored(results, entry, "the comment could not be read or scored")
            elif isinstance(entry, Question):
                results.answers.append(Answer(entry, '{"error": "unscored"}'))
            else:
                results.settled.append(Settled(entry))
        started = time.perf_counter()
        judged = self._score_jobs(jobs)
        results.metrics[counter_name("scoring_seconds")] += time.perf_counter() - started
        for job, found in zip(jobs, judged, strict=True):
            self._settle_job(results, job, found)
        _place(results)
        results.metrics[counter_name("batches")] += 1
        return results

    def _change_over(self) -> None:
        """Takes the releases that are on duty now: between two batches, never within one."""
        lineup = self._ask_lineup()
        if lineup is not self._lineup:
            self._lineup = lineup
            self._rulebooks.clear()

    def _score_jobs(self, jobs: Sequence[Job]) -> list[list[Judged]]:
        """What the releases on duty say of the texts of each job."""
        by_duty: defaultdict[int, list[int]] = defaultdict(list)
        duties = [self._lineup.of(job.entry.site) for job in jobs]
        for number, duty in enumerate(duties):
            by_duty[id(duty)].append(number)
        judged: list[list[Judged]] = [[] for _ in jobs]
        for numbers in by_duty.values():
            texts = [text for number in numbers for text in jobs[number].texts]
            found = iter(_score(duties[numbers[0]], texts))
            for number in numbers:
                judged[number] = [next(found) for _ in jobs[number].texts]
        return judged

    def _settle_job(self, results: Results, job: Job, judged: list[Judged]) -> None:
        entry, release = job.entry, self._lineup.of(job.entry.site).active
        if isinstance(entry, Question):
            scored = [one.active for one in judged]
            results.answers.append(Answer(entry, self._answer(entry, job, scored, release)))
            return
        first = judged[0]
        if first.active is None:
            self._hold_unscored(results, entry, "the classifier could not score this text")
            return
        language = job.content.get("language")
        one = _in_given_language(first.active, language)
        verdict = self._decide(entry, job.content, one, release)
        self._settle_comment(results, entry, verdict, one, release)
        self._observer.saw(entry.site, release.version, one)
        if first.shadow is not None:
            beside = _in_given_language(first.shadow, language)
            self._note_shadow(entry, job.content, verdict, one, beside)

    def _note_shadow(
        self,
        entry: PendingComment,
        content: dict[str, Any],
        verdict: Verdict,
        scored: Scored,
        beside: Scored,
    ) -> None:
        """Notes what the shadow would have decided of a comment."""
        shadow = self._lineup.of(entry.site).shadow
        if shadow is None:
            return
        other = self._decide(entry, content, beside, shadow)
        self._observer.shadowed(
            Shadowed(
                site=entry.site,
                comment_id=entry.comment_id,
                version=shadow.version,
                active=verdict.action.value,
                shadow=other.action.value,
                active_scores=scored.scores,
                shadow_scores=beside.scores,
            )
        )

    def _decide(
        self,
        entry: PendingComment,
        content: dict[str, Any],
        scored: Scored,
        release: Release,
    ) -> Verdict:
        try:
            subject = Subject(
                text=content["text"],
                normalised=scored.normalised,
                scores=scored.scores,
                article_id=entry.article_id,
                author_id=str(content["author"]["id"]),
                facts=entry.facts or Facts(),
                language=scored.language,
            )
            rules = self._rulebook(entry.site, release, entry.policy_version)
            return policy.decide(subject, rules)
        except RedisAwayError:
            raise
        except Exception:
            log.exception("the policy of the site %s could not be evaluated", entry.site)
            return policy.unscored("the site's policy could not be evaluated")

    def _answer(
        self, entry: Question, job: Job, scored: list[Scored | None], release: Release
    ) -> str:
        try:
            rules = self._rulebook(entry.site, release)
            spans = release.explain(job.texts)
            results = [
                _scored_text(text, one, found, rules)
                for text, one, found in zip(job.texts, scored, spans, strict=True)
            ]
            if job.words is not None:
                words = WordList(job.words, normalise)
                for text, result in zip(job.texts, results, strict=True):
                    result["words"] = words.find(text, normalise(text))
        except RedisAwayError:
            raise
        except Exception:
            log.exception("a question of the site %s could not be answered", entry.site)
            return '{"error": "unscored"}'
        return compact_json({"results": results, "model": release.version})

    def _rulebook(self, site: str, release: Release, version: int | None = None) -> Rulebook:
        """The site's policy ready to decide with, kept until its version changes."""
        known = self._rulebooks.get((site, release.version))
        if known and known[0] == version:
            return known[1]
        stored = self._policies.current(site)
        if known and known[0] == stored.version:
            return known[1]
        rules = Rulebook(
            stored.policy,
            policy.effective_thresholds(stored.policy, release.thresholds),
            WordList(stored.policy.banned_words, normalise),
            WordList(stored.policy.suspect_words, normalise),
            release.languages,
        )
        self._rulebooks[site, release.version] = stored.version, rules
        return rules

    def _hold_unscored(self, results: Results, entry: PendingComment, detail: str) -> None:
        release = self._lineup.of(entry.site).active
        self._settle_comment(results, entry, policy.unscored(detail), None, release)

    def _settle_comment(
        self,
        results: Results,
        entry: PendingComment,
        verdict: Verdict,
        scored: Scored | None,
        release: Release,
    ) -> None:
        decision = Decision(
            comment_id=entry.comment_id,
            article_id=entry.article_id,
            revision=FIRST_REVISION,
            action=verdict.action,
            source=verdict.source,
            reasons=verdict.reasons,
            decided_at=results.decided_at,
            scores=scored.scores if scored else {},
            model=release.version if scored else None,
            language=scored.language if scored else None,
        )
        drawn = ""
        if decision.action is Action.HOLD:
            results.held.append((len(results.settled), Held(decision, scored, release)))
        else:
            rules = self._rulebook(entry.site, release, entry.policy_version)
            drawn = self._lottery.place(entry.site, entry.comment_id, rules.policy.review_share)
        results.settled.append(
            Settled(
                entry,
                entry.comment_id,
                decision.revision,
                decision.action.status.value,
                compact_json(decision.to_json()),
                drawn,
            )
        )
        _count(results.metrics, entry, verdict)


def _place(results: Results) -> None:
    """Tells where the comments of a batch that are held stand in the queue."""
    written = places([one for _, one in results.held])
    for (number, _), where in zip(results.held, written, strict=True):
        results.settled[number] = replace(results.settled[number], place=where)
    results.held.clear()


def _score(duty: OnDuty, texts: Sequence[str]) -> list[Judged]:
    try:
        judged = duty.score(texts)
        return [_sound_ones(one) for _, one in zip(texts, judged, strict=True)]
    except Exception:
        log.exception("a batch of %d could not be scored, trying one by one", len(texts))
        return [_score_alone(duty, text) for text in texts]


def _score_alone(duty: OnDuty, text: str) -> Judged:
    try:
        return _sound_ones(duty.score([text])[0])
    except Exception:
        log.exception("a text of %d characters could not be scored", len(text))
        return Judged(None)


def _sound_ones(judged: Judged) -> Judged:
    return Judged(
        judged.active and _sound(judged.active), judged.shadow and _sound(judged.shadow)
    )


def _in_given_language(scored: Scored, tag: object) -> Scored:
    """The same in the language that the site gave, BCP 47: it knows its readers."""
    found = _PRIMARY_SUBTAG.match(tag) if isinstance(tag, str) else None
    language = found[1].lower() if found else None
    if language is None or language in _NO_LANGUAGE:
        return scored
    return replace(scored, language=language)


def _sound(scored: Scored) -> Scored | None:
    """Scores rounded as they are decided on and shown.

    `None` if one is no probability: it would compare with nothing.
    """
    scores = {name: round(score, SCORE_DIGITS) for name, score in scored.scores.items()}
    if all(0.0 <= score <= 1.0 for score in scores.values()):
        return replace(scored, scores=scores)
    log.error("the classifier gave scores that are no probabilities: %s", scored.scores)
    return None


def _scored_text(
    text: str, scored: Scored | None, spans: Sequence[Span], rules: Rulebook
) -> dict[str, Any]:
    if scored is None:
        return {"scores": {}, "action": Action.HOLD.value, "spans": [], "language": None}
    subject = Subject(text, scored.normalised, scored.scores, language=scored.language)
    verdict = policy.decide(subject, rules)
    return {
        "scores": scored.scores,
        "action": verdict.action.value,
        "spans": [
            {
                "begin": span.begin,
                "end": span.end,
                "category": span.category,
                "score": round(span.score, SCORE_DIGITS),
            }
            for span in spans
        ],
        "language": scored.language,
    }


def _count(metrics: defaultdict[str, float], entry: PendingComment, verdict: Verdict) -> None:
    metrics[_DECISIONS[verdict.action, verdict.source]] += 1
    seconds = max(time.time() - entry.accepted_ms / 1000, 0.0)
    metrics[_SECONDS_SUM] += seconds
    metrics[_SECONDS_BUCKETS[bisect_left(LATENCY_BUCKETS_S, seconds)]] += 1
