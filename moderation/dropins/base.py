"""What every drop-in stands on: whose key it is, scores from the workers, suggested labels.

Knows no protocol: each drop-in reads its own requests, and writes its own answers and errors.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, request
from werkzeug.exceptions import HTTPException

from moderation.api import limits
from moderation.api.base import services
from moderation.api.schemas import TEXT_CHARACTERS
from moderation.api_keys import Scope
from moderation.desk.labels import Labels
from moderation.desk.thresholds import deciding
from moderation.domain import Lane, now_rfc3339
from moderation.errors import ModerationError, NoAnswerError, RedisAwayError
from moderation.labels import Label, LabelOrigin, Values, label_id
from moderation.policy import effective_thresholds
from moderation.record.rates import RateWindow

log = logging.getLogger(__name__)

#: Every method: a drop-in answers in its own shape also where its protocol has nothing.
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class UnknownKeyError(ModerationError):
    """Raised when a request carries no key, or none that is good here."""


class MissingScopeError(ModerationError):
    """Raised when a key is good, but not for this."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(f"this API key does not have the scope {scope}")
        self.scope = scope


class RateLimitedError(ModerationError):
    """Raised when a key made more requests than it may; try again after `retry_after_s`."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("this key made more requests than it may")
        self.retry_after_s = retry_after_s


class TextTooLongError(ModerationError):
    """Raised when a text is longer than the service takes."""

    def __init__(self, characters: int) -> None:
        super().__init__(
            f"the text has {characters} characters, {TEXT_CHARACTERS} are the limit"
        )


@dataclass(frozen=True, slots=True)
class ScoredText:
    """What the workers say about one text.

    Attributes:
        scores: category → probability; empty if the text could not be scored.
        action: `approve` or `hold`, as the site's policy decides by the text alone.
        language: code of the language that was recognised, `None` for none.
        is_understood: whether the release knows the language that the site named, or else that
            one, or the site's policy does not mind; what the release does not understand scores
            low whatever it says.
    """

    scores: Mapping[str, float]
    action: str
    language: str | None = None
    is_understood: bool = True


@dataclass(frozen=True, slots=True)
class Scores:
    """What the workers say about some texts, in order, and which release said it."""

    texts: Sequence[ScoredText] = field(default_factory=tuple)
    release: str = ""


def site_of(key: str, scope: Scope) -> str:
    """The site of an API key; takes one request off its rate window.

    Raises:
        UnknownKeyError: it is no key of ours.
        MissingScopeError: it does not have this scope.
        RateLimitedError: it made too many requests.
        RedisAwayError: Redis does not answer.
    """
    found = services().record.sites.authorise(key) if key else None
    if found is None:
        raise UnknownKeyError("this API key is not valid here")
    keep_rate(found.window)
    if scope not in found.scopes:
        raise MissingScopeError(scope)
    return found.site


def keep_rate(window: RateWindow) -> None:
    """Goes on only within the rate, and lets the answer say what is left of it.

    Raises:
        RateLimitedError: it made too many requests.
    """
    limits.note(window)
    if window.is_over:
        raise RateLimitedError(max(window.ends_in_s, 1))


def score(
    site: str, texts: Sequence[str], *, wait_s: float, language: str | None = None
) -> Scores:
    """Lets the workers score texts; nothing is stored.

    Args:
        site: whose release and policy count.
        texts: the texts.
        wait_s: how long to wait for a worker.
        language: what they are written in, as the site says (BCP 47); `None` for not said.

    Raises:
        TextTooLongError: one is too long.
        NoAnswerError: no worker answered in time, or could not score one of them: whoever
            asked must never take that for "fine".
        RedisAwayError: Redis does not answer.
    """
    for text in texts:
        if len(text) > TEXT_CHARACTERS:
            raise TextTooLongError(len(text))
    question: dict[str, Any] = {"texts": list(texts), "explain": False, "understood": True}
    if language:
        question["language"] = language
    answer = services().record.queue.ask(site, question, wait_s=wait_s)
    if "error" in answer or not all(one["scores"] for one in answer["results"]):
        raise NoAnswerError("the workers could not score these texts")
    return Scores(
        [
            ScoredText(
                one["scores"],
                one["action"],
                one["language"],
                is_understood=one["understood"],
            )
            for one in answer["results"]
        ],
        answer["model"],
    )


def thresholds(site: str) -> Mapping[str, float]:
    """Category → the score from which on it holds a comment of this site.

    Raises:
        RedisAwayError: Redis does not answer.
    """
    record = services().record
    release = deciding(record, site)
    policy = record.policies.current(site).policy
    return effective_thresholds(policy, release.thresholds if release else {})


def over(scored: ScoredText, least: Mapping[str, float]) -> set[str]:
    """The categories whose score reaches their threshold."""
    return {name for name, score in least.items() if scored.scores.get(name, 0.0) >= score}


def suggest(site: str, text: str, values: Values, *, source: str) -> None:
    """Stores what somebody outside says a text is, as a label that names its source.

    What was suggested last about a text replaces what was suggested before: people change
    their minds.

    Args:
        site: whose label it is.
        text: the text.
        values: `label` or a category → 0 or 1.
        source: where it comes from, such as `perspective`.

    Raises:
        TextTooLongError: it is too long.
        RedisAwayError: Redis does not answer, or its memory is nearly full.
    """
    if len(text) > TEXT_CHARACTERS:
        raise TextTooLongError(len(text))
    if full := services().gate.memory_refusal(lane=Lane.BULK):
        raise RedisAwayError(full.why)
    label = Label(
        id=label_id(text),
        text=text,
        labels=values,
        origin=LabelOrigin.SUGGESTION,
        who=source,
        at=now_rfc3339(),
    )
    Labels(services().record).suggest(site, label)


def dropin(
    name: str,
    import_name: str,
    *,
    refused: Mapping[type[Exception], Callable[[Any], Any]],
    unexpected: Callable[[Exception], Any],
    url_prefix: str | None = None,
) -> Blueprint:
    """The endpoints of one protocol, with errors in its own shape.

    Args:
        name: what it is called in endpoints.
        import_name: the module's name.
        refused: error → the answer to it; `HTTPException` (no such path, a body that is too
            large), `UnknownKeyError`, `MissingScopeError`, `RateLimitedError`,
            `TextTooLongError`, `NoAnswerError` and `RedisAwayError` must be among them.
        unexpected: the answer to anything else; it is logged first.
        url_prefix: where it stands.
    """
    required = {
        HTTPException,
        UnknownKeyError,
        MissingScopeError,
        RateLimitedError,
        TextTooLongError,
        NoAnswerError,
        RedisAwayError,
    }
    if missing := required - set(refused):
        raise TypeError(f"{name} does not say how it answers {missing}")
    blueprint = Blueprint(name, import_name, url_prefix=url_prefix)
    for error, answer in refused.items():
        blueprint.register_error_handler(error, answer)

    def answer_unexpected(error: Exception) -> Any:
        log.exception("an unexpected error on %s %s", request.method, request.url_rule)
        return unexpected(error)

    blueprint.register_error_handler(Exception, answer_unexpected)
    blueprint.after_request(limits.show)
    return blueprint
