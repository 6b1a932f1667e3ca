"""What the doors for trainings take and give."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from moderation.api.model_schemas import VERSION_CHARACTERS
from moderation.api.problems import ProblemSchema
from moderation.api.schemas import CleanString
from moderation.record.trainings import KEPT
from moderation.trainings import TrainingKind, TrainingState

CRON_CHARACTERS = 200
_RFC3339 = {"description": 'RFC 3339; "" if not yet.'}


class NewTrainingSchema(Schema):
    """What is to be learnt."""

    parent = CleanString(
        data_key="from",
        load_default="",
        validate=validate.Length(max=VERSION_CHARACTERS),
        metadata={
            "description": "The stored release to learn on top of. Default: the one that the "
            "service runs by itself, so that no label is counted twice."
        },
    )


class TrainingSchema(Schema):
    """One run of the trainer."""

    id = fields.String(required=True)
    site = fields.String(required=True)
    kind = fields.Enum(TrainingKind, by_value=True, required=True)
    state = fields.Enum(TrainingState, by_value=True, required=True)
    started_by = fields.String(required=True)
    queued_at = fields.String(required=True, metadata=_RFC3339)
    started_at = fields.String(required=True, metadata=_RFC3339)
    ended_at = fields.String(required=True, metadata=_RFC3339)
    parent = fields.String(
        required=True, metadata={"description": '"": the release of the service.'}
    )
    stage = fields.String(required=True, metadata={"description": "What it is at, in words."})
    done = fields.Integer(
        required=True, metadata={"description": "Of `total`, in the stage's own unit."}
    )
    total = fields.Integer(required=True)
    candidate = fields.String(
        required=True, metadata={"description": 'The version that it made or compares, or "".'}
    )
    labels = fields.Integer(required=True, metadata={"description": "Labels that it found."})
    labels_sha256 = fields.String(required=True)
    error = fields.String(
        required=True, metadata={"description": "Why it failed or was skipped."}
    )
    cancelled_by = fields.String(required=True)


class RunningSchema(ProblemSchema):
    """A training of the site has not ended, and which."""

    training = fields.Nested(TrainingSchema, required=True)


class TrainingsQuerySchema(Schema):
    """How many."""

    limit = fields.Integer(load_default=20, validate=validate.Range(1, KEPT))


class TrainingsSchema(Schema):
    """The last trainings of a site, newest first."""

    trainings = fields.List(fields.Nested(TrainingSchema), required=True)
    trainer = fields.Boolean(
        required=True,
        metadata={"description": "Whether a trainer is alive; without one nothing begins."},
    )


class NewScheduleSchema(Schema):
    """When the site is to be trained by itself."""

    cron = CleanString(
        required=True,
        validate=validate.Length(max=CRON_CHARACTERS),
        metadata={
            "description": "Five fields in the trainer's local time, `30 3 * * *`; empty or "
            "`off`: never."
        },
    )


class ScheduleSchema(Schema):
    """When the site is trained by itself."""

    cron = fields.String(required=True, metadata={"description": '"": never.'})
    who = fields.String(required=True, metadata={"description": "Who decided that."})
    at = fields.String(required=True, metadata=_RFC3339)
    next_at = fields.String(required=True, metadata={"description": 'RFC 3339; "": never.'})
