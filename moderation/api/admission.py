"""Lets in what stays while there is room for it; else says when to try again."""

from __future__ import annotations

from http import HTTPStatus

from moderation.api import auth
from moderation.api.base import services
from moderation.api.problems import Problem
from moderation.domain import Lane
from moderation.overload import Refusal


def let_in(count: int, *, lane: Lane) -> None:
    """Goes on only if there is room for so many comments of the site that asks.

    Raises:
        Problem: 429 if the site itself has too many waiting, 503 if there is no room for
            anybody's; 401 and 429 as `auth.check` says, where the key was not checked yet.
    """
    refused = services().gate.refusal(auth.current_site(), count, lane=lane)
    if refused is None:
        return
    auth.check_now()
    raise _as_problem(refused)


def require_memory(*, lane: Lane) -> None:
    """Goes on only if there is memory for what stays, and waits for no decision.

    Raises:
        Problem: 503 if there is not.
    """
    if refused := services().gate.memory_refusal(lane=lane):
        raise _as_problem(refused)


def _as_problem(refused: Refusal) -> Problem:
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS if refused.is_own else HTTPStatus.SERVICE_UNAVAILABLE,
        f"{refused.why}; nothing of this request was stored, send it again later",
        kind="backlog" if refused.is_own else "overloaded",
        headers={"Retry-After": str(refused.retry_after_s)},
    )
