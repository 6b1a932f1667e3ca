"""Trainings as JSON: for admins to start, cancel and schedule, for all moderators to watch."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Response, url_for

from moderation.api import staff
from moderation.api.base import Blueprint, json_response, services
from moderation.api.problems import CONTENT_TYPE, Problem, ProblemSchema
from moderation.api.training_schemas import (
    NewScheduleSchema,
    NewTrainingSchema,
    RunningSchema,
    ScheduleSchema,
    TrainingSchema,
    TrainingsQuerySchema,
    TrainingsSchema,
)
from moderation.desk.trainings import Trainings
from moderation.domain import Role
from moderation.errors import (
    TrainingOverError,
    TrainingRunningError,
    UnknownReleaseError,
    UnknownTrainingError,
    UnsuitableScheduleError,
)
from moderation.trainings import Training

blueprint = Blueprint(
    "trainings",
    __name__,
    url_prefix="/v1",
    description="Releases learnt from what the site's moderators decide.",
)
staff.protect(blueprint)


def _starts_a_training(view: Callable[..., Response]) -> Callable[..., Response]:
    """Documents what whoever starts a training is answered."""
    answers = (
        blueprint.response(
            202, TrainingSchema, headers={"Location": {"schema": {"type": "string"}}}
        ),
        blueprint.alt_response(
            404,
            schema=ProblemSchema,
            content_type=CONTENT_TYPE,
            description="The site has no such release.",
        ),
        blueprint.alt_response(
            409,
            schema=RunningSchema,
            content_type=CONTENT_TYPE,
            description="A training of the site has not ended.",
        ),
    )
    for documented in reversed(answers):
        view = documented(view)
    return view


@blueprint.route("/trainings", methods=["POST"])
@staff.needs(Role.ADMIN)
@blueprint.arguments(NewTrainingSchema)
@_starts_a_training
def post_training(body: dict[str, Any]) -> Response:
    """Learn a candidate from the labels of the site; nothing waits for it."""
    return _under_way(_trainings().start(staff.current(), parent=body["parent"]))


@blueprint.route("/models/<version>/compare", methods=["POST"])
@staff.needs(Role.ADMIN)
@_starts_a_training
def post_comparison(version: str) -> Response:
    """Compare a release of the site anew with the one that is active now."""
    return _under_way(_trainings().compare(staff.current(), version))


@blueprint.route("/trainings")
@blueprint.arguments(TrainingsQuerySchema, location="query")
@blueprint.response(200, TrainingsSchema)
def list_trainings(query: dict[str, Any]) -> Response:
    """List the last trainings, newest first; the one under way says how far it is."""
    trainings = _trainings()
    found = trainings.recent(staff.current().site, query["limit"])
    return json_response(
        {
            "trainings": [one.to_json() for one in found],
            "trainer": trainings.has_trainer(),
        }
    )


@blueprint.route("/trainings/schedule")
@blueprint.response(200, ScheduleSchema)
def get_schedule() -> Response:
    """Read when the site is trained by itself."""
    return json_response(_trainings().schedule(staff.current().site).to_json())


@blueprint.route("/trainings/schedule", methods=["PUT"])
@staff.needs(Role.ADMIN)
@blueprint.arguments(NewScheduleSchema)
@blueprint.response(200, ScheduleSchema)
@blueprint.alt_response(
    422,
    schema=ProblemSchema,
    content_type=CONTENT_TYPE,
    description="The expression cannot be read, or never comes.",
)
def put_schedule(body: dict[str, Any]) -> Response:
    """Say when the site is to be trained by itself, or that it is not."""
    return json_response(_trainings().set_schedule(staff.current(), body["cron"]).to_json())


@blueprint.route("/trainings/<training_id>")
@blueprint.response(200, TrainingSchema)
@blueprint.alt_response(
    404,
    schema=ProblemSchema,
    content_type=CONTENT_TYPE,
    description="The site has no such training (any more).",
)
def get_training(training_id: str) -> Response:
    """Read how far a training is, and what became of it."""
    return json_response(_trainings().one(staff.current().site, training_id).to_json())


@blueprint.route("/trainings/<training_id>/cancel", methods=["POST"])
@staff.needs(Role.ADMIN)
@blueprint.response(202, TrainingSchema, headers={"Location": {"schema": {"type": "string"}}})
@blueprint.alt_response(
    404,
    schema=ProblemSchema,
    content_type=CONTENT_TYPE,
    description="The site has no such training (any more).",
)
@blueprint.alt_response(
    409, schema=ProblemSchema, content_type=CONTENT_TYPE, description="It has ended already."
)
def cancel_training(training_id: str) -> Response:
    """Stop a training within a few seconds; it leaves nothing behind."""
    return _under_way(_trainings().cancel(staff.current(), training_id))


@blueprint.errorhandler(TrainingRunningError)
def _running(error: TrainingRunningError) -> Response:
    return Problem(
        HTTPStatus.CONFLICT,
        str(error),
        kind="training-running",
        more={"training": error.training.to_json()},
    ).response()


@blueprint.errorhandler(TrainingOverError)
def _over(error: TrainingOverError) -> Response:
    return Problem(HTTPStatus.CONFLICT, str(error), kind="training-over").response()


@blueprint.errorhandler(UnknownTrainingError)
def _unknown_training(error: UnknownTrainingError) -> Response:
    return Problem(HTTPStatus.NOT_FOUND, str(error), kind="unknown-training").response()


@blueprint.errorhandler(UnknownReleaseError)
def _unknown_release(error: UnknownReleaseError) -> Response:
    return Problem(HTTPStatus.NOT_FOUND, str(error), kind="unknown-release").response()


@blueprint.errorhandler(UnsuitableScheduleError)
def _unsuitable(error: UnsuitableScheduleError) -> Response:
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        str(error),
        kind="invalid",
        errors={"cron": [str(error)]},
    ).response()


def _trainings() -> Trainings:
    return Trainings(services().record)


def _under_way(training: Training) -> Response:
    where = url_for("trainings.get_training", training_id=training.id)
    return json_response(training.to_json(), HTTPStatus.ACCEPTED, {"Location": where})
