"""One batch: a site's release scores its texts at once, the site's policy decides.

A comment that cannot be read, scored or judged is held as `unscored`: never approved, never
dropped, and never in the way of the rest of its batch.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from models.explanation import Span
from models.release import Release, Scored
from models.text import normalise
from moderation import policy
from moderation.domain import Action, Decision, Facts, ReasonCode
from moderation.encoding import compact_json
from moderation.errors import RedisAwayError
from moderation.policy import Rulebook, Subject, Verdict
from moderation.record.operations import counter_name
from moderation.record.policies import Policies
from moderation.record.queue import Answer, Entry, PendingComment, Question, Settled
from moderation.releases import Shadowed
from moderation.wordlists import WordList
from workers.grading import SCORE_DIGITS, grade, in_given_language
from workers.lineup import Judged, Lineup
from workers.observing import Observer
from workers.placing import Held, Lottery
from workers.reading import Job, read
from workers.results import Results
from workers.rulebooks import Rulebooks

log = logging.getLogger(__name__)

#: The machine decides once; whatever was decided before stands.
FIRST_REVISION = 1


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
        self._ask_lineup = lineup
        self._lineup = lineup()
        self._observer = observer
        self._lottery = Lottery(policies)
        self._rulebooks = Rulebooks(policies)

    def settle(self, entries: Sequence[Entry]) -> Results:
        """Scores one batch as a whole, decides each comment and answers each question.

        Raises:
            RedisAwayError: a site's policy could not be fetched.
        """
        began, results, jobs = time.perf_counter(), Results(), []
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
        judged = grade(self._lineup, jobs)
        results.metrics[counter_name("scoring_seconds")] += time.perf_counter() - started
        for job, found in zip(jobs, judged, strict=True):
            self._settle_job(results, job, found)
        results.place_held()
        results.metrics[counter_name("judging_seconds")] += time.perf_counter() - began
        results.metrics[counter_name("batches")] += 1
        return results

    def _change_over(self) -> None:
        """Takes the releases that are on duty now: between two batches, never within one."""
        lineup = self._ask_lineup()
        if lineup is not self._lineup:
            self._lineup = lineup
            self._rulebooks.forget()

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
        one = in_given_language(first.active, language)
        verdict = self._decide(entry, job.content, one, release)
        self._settle_comment(results, entry, verdict, one, release)
        self._observer.saw(entry.site, release.version, one)
        if first.shadow is not None:
            beside = in_given_language(first.shadow, language)
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
            rules = self._rulebooks.of(entry.site, release, entry.policy_version)
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
            rules = self._rulebooks.of(entry.site, release)
            spans = release.explain(job.texts) if job.explain else [[] for _ in job.texts]
            results = [
                _scored_text(text, one, found, rules, job)
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
            rules = self._rulebooks.of(entry.site, release, entry.policy_version)
            drawn = self._lottery.place(entry.site, entry.comment_id, rules.policy.review_share)
        results.settled.append(
            Settled(
                entry,
                entry.comment_id,
                decision.revision,
                decision.action.status.value,
                compact_json(decision.to_json()),
                drawn,
                content=entry.content if scored else "",
            )
        )
        results.count(entry, verdict)


def _scored_text(
    text: str, scored: Scored | None, spans: Sequence[Span], rules: Rulebook, job: Job
) -> dict[str, Any]:
    if scored is None:
        return {"scores": {}, "action": Action.HOLD.value, "spans": [], "language": None}
    language = in_given_language(scored, job.language).language
    subject = Subject(text, scored.normalised, scored.scores, language=language)
    verdict = policy.decide(subject, rules)
    told = {"understood": _is_understood(verdict, rules)} if job.understood else {}
    return told | {
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


def _is_understood(verdict: Verdict, rules: Rulebook) -> bool:
    """Whether a text is not held for its language, which the release does not know."""
    codes = {reason.code for reason in verdict.reasons}
    holds = rules.policy.unsupported_language is Action.HOLD
    return not holds or ReasonCode.UNSUPPORTED_LANGUAGE not in codes
