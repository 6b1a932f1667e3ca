"""The texts of a batch, scored by the releases on duty for the site of each.

Scores that are no probabilities are none; a text that cannot be scored spoils no other.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from models.release import Scored
from workers.lineup import Judged, Lineup, OnDuty
from workers.reading import Job

log = logging.getLogger(__name__)

#: Digits that are kept of a score.
SCORE_DIGITS = 4
#: The primary subtag of a BCP 47 tag; longer ones are names that no language has.
_PRIMARY_SUBTAG = re.compile(r"\s*([a-z]{2,3})(?![a-z0-9])", re.IGNORECASE)
#: Subtags that name no language: undetermined, several, none, not coded.
_NO_LANGUAGE = frozenset({"und", "mul", "zxx", "mis"})


def grade(lineup: Lineup, jobs: Sequence[Job]) -> list[list[Judged]]:
    """What the releases on duty for each job's site say of its texts, in order.

    Comments of sites that share a release are scored at once.
    """
    by_duty: defaultdict[int, list[int]] = defaultdict(list)
    duties = [lineup.of(job.entry.site) for job in jobs]
    for number, duty in enumerate(duties):
        by_duty[id(duty)].append(number)
    judged: list[list[Judged]] = [[] for _ in jobs]
    for numbers in by_duty.values():
        texts = [text for number in numbers for text in jobs[number].texts]
        found = iter(_score(duties[numbers[0]], texts))
        for number in numbers:
            judged[number] = [next(found) for _ in jobs[number].texts]
    return judged


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


def in_given_language(scored: Scored, tag: object) -> Scored:
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
