"""What the pages about releases share: how they refuse, and what they say was done."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from moderation.console.base import console_blueprint, page, sentence
from moderation.errors import (
    ModerationError,
    NothingToRollBackError,
    ReasonMissingError,
    ReleasesChangedError,
    StaleComparisonError,
    TrainingOverError,
    TrainingRunningError,
    UnknownReleaseError,
    UnknownTrainingError,
    UnsuitableScheduleError,
    WorseReleaseError,
)

MODELS = "/console/models"
#: What was refused → the status it is told with.
REFUSED: Mapping[type[ModerationError], HTTPStatus] = {
    NothingToRollBackError: HTTPStatus.CONFLICT,
    ReasonMissingError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ReleasesChangedError: HTTPStatus.CONFLICT,
    StaleComparisonError: HTTPStatus.CONFLICT,
    TrainingOverError: HTTPStatus.CONFLICT,
    TrainingRunningError: HTTPStatus.CONFLICT,
    UnsuitableScheduleError: HTTPStatus.UNPROCESSABLE_ENTITY,
    WorseReleaseError: HTTPStatus.CONFLICT,
}
#: What a form did → what its page then says, once.
DONE: Mapping[str, str] = {
    "promoted": "It decides from now on: workers change over within two seconds, between two "
    "batches. “Roll back” on the page Models takes it back.",
    "rolled-back": "The release before decides again: workers change over within two seconds.",
    "shadow-on": "It scores beside the active release from now on, without deciding anything.",
    "shadow-off": "It no longer scores beside the active release.",
    "training": "A training is queued. You may leave this page: it goes on by itself.",
    "comparing": "It is compared anew. You may leave this page: it goes on by itself.",
    "cancelled": "The run is cancelled: it stops within seconds, and nothing is left of it.",
    "scheduled": "The schedule is changed.",
}


def release_blueprint(name: str, import_name: str) -> Blueprint:
    """Like `console_blueprint`, for pages on which something about releases may be refused."""
    blueprint = console_blueprint(name, import_name)
    for unknown in (UnknownReleaseError, UnknownTrainingError):
        blueprint.register_error_handler(unknown, _unknown)
    for refused in REFUSED:
        blueprint.register_error_handler(refused, _refused)
    return blueprint


def release_url(version: str) -> str:
    """The page of a release."""
    return f"{MODELS}/{quote(version, safe='')}"


def to(address: str, did: str) -> BaseResponse:
    """Back to a page, which says what was done."""
    return redirect(f"{address}?{urlencode({'done': did})}", HTTPStatus.SEE_OTHER)


def done() -> str:
    """What this page is to say was done, "" for nothing."""
    return DONE.get(request.args.get("done", ""), "")


def _refused(error: ModerationError) -> Response:
    return page(
        "console/forbidden.html",
        REFUSED[type(error)],
        active="models",
        title="Nothing was changed",
        detail=sentence(error),
        back=(MODELS, "Back to the models"),
    )


def _unknown(_: ModerationError) -> Response:
    return page("console/not_found.html", HTTPStatus.NOT_FOUND, active="models")
