"""The bodies of the calls about releases, checked and documented."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import Schema, fields, validate

from moderation.api.json_fields import JsonBoolean
from moderation.api.policy_schemas import ShareSchema
from moderation.api.problems import ProblemSchema
from moderation.api.schemas import CleanString
from moderation.domain import Action
from moderation.releases import VERSION, ActivationKind, ReleaseState

PAGE_DIFFERENCES = 200
REASON_CHARACTERS = 500
VERSION_CHARACTERS = 64


def _text(description: str = "", **kwargs: Any) -> fields.String:
    return fields.String(required=True, metadata={"description": description}, **kwargs)


def _count(description: str = "") -> fields.Integer:
    return fields.Integer(required=True, metadata={"description": description})


def _scores() -> fields.Dict:
    return fields.Dict(keys=fields.String(), values=fields.Float(), required=True)


class MetricsSchema(Schema):
    """A release measured on one set of comments, by one category or the label as a whole."""

    measured_on = fields.String(required=True)
    category = fields.String(required=True)
    rows = _count()
    positives = _count()
    roc_auc = fields.Float()
    average_precision = fields.Float()
    recall_at_5_percent_false_holds = fields.Float()
    false_hold_share = fields.Float()


class ReleaseInUseSchema(Schema):
    """A release that living workers score with where a site has none of its own."""

    version = fields.String(required=True)
    workers = _count()
    hosts = fields.List(fields.String(), required=True)
    categories = fields.List(fields.String(), required=True)
    thresholds = fields.Dict(keys=fields.String(), values=fields.Float(), required=True)
    languages = fields.List(fields.String(), metadata={"description": "ISO 639-1."})
    created_at = fields.String()
    trained_on_comments = fields.Integer()
    data_sha256 = fields.String(metadata={"description": "Of what it was trained on."})
    metrics = fields.List(fields.Nested(MetricsSchema))


class StoredReleaseSchema(Schema):
    """A release that the site has of its own."""

    version = _text()
    state = fields.Enum(ReleaseState, by_value=True, required=True)
    created_at = fields.DateTime(required=True)
    created_by = _text()
    parent = _text("The version that it was learnt on top of.", allow_none=True)
    sha256 = _text("Of its classifier.")
    size_bytes = _count("Of its classifier; 0: no longer kept, so that it cannot decide.")
    training = _text("The run that it came from; null: it was imported.", allow_none=True)
    compared_with = _text("The version beside which it was measured.", allow_none=True)
    verdict = _text("better, no worse, worse; null: not compared yet.", allow_none=True)
    sentences = fields.List(
        fields.String(), required=True, metadata={"description": "The verdict in words."}
    )
    is_stale = fields.Boolean(
        required=True,
        metadata={"description": "It was not compared with the release that is active now."},
    )


class ReleaseSchema(StoredReleaseSchema):
    """A release with all that was measured, and where it comes from."""

    evaluation = fields.Dict(
        required=True,
        allow_none=True,
        metadata={"description": "How it compares: figures, intervals, guards, proposals."},
    )
    manifest = fields.Dict(
        required=True, metadata={"description": "`release.json`: lineage, data, figures."}
    )


class ActivationSchema(Schema):
    """A change of the release that decides; a version of null is the shipped one."""

    version = _text(allow_none=True)
    kind = fields.Enum(ActivationKind, by_value=True, required=True)
    at = fields.DateTime(required=True)
    who = _text()
    reason = _text()
    forced = fields.Boolean(required=True)
    instead_of = _text(allow_none=True)


class AssignmentSchema(Schema):
    """Which releases are on duty; a version of null is the shipped one, or none."""

    active = _text(allow_none=True)
    shadow = _text(allow_none=True)
    before = fields.List(
        fields.String(allow_none=True),
        required=True,
        metadata={"description": "What a rollback goes back to, the latest first."},
    )


class TroubleSchema(Schema):
    """A release that a worker could not load, and what it decides with instead."""

    version = _text()
    why = _text()
    instead = _text()


class ChangedOverSchema(Schema):
    """How far workers have changed over to the active release."""

    workers = _count("Living workers that score with it.")
    of = _count("Living workers.")


class ReleasesSchema(Schema):
    """All releases that concern a site."""

    releases = fields.List(
        fields.Nested(ReleaseInUseSchema),
        required=True,
        metadata={"description": "What workers score with where a site has none of its own."},
    )
    active = _text("The version that decides; null: no worker tells it.", allow_none=True)
    assignment = fields.Nested(AssignmentSchema, required=True)
    changed_over = fields.Nested(ChangedOverSchema, required=True)
    stored = fields.List(
        fields.Nested(StoredReleaseSchema),
        required=True,
        metadata={"description": "The site's own, the newest first."},
    )
    activations = fields.List(fields.Nested(ActivationSchema), required=True)
    troubles = fields.List(fields.Nested(TroubleSchema), required=True)


def _reason() -> CleanString:
    return CleanString(
        load_default="",
        validate=validate.Length(max=REASON_CHARACTERS),
        metadata={"description": "Why; kept in the audit log."},
    )


def _expected() -> fields.String:
    return fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=VERSION_CHARACTERS),
        metadata={"description": "The active version that was seen; 409 if it is another now."},
    )


class PromotionSchema(Schema):
    """How a release is to be promoted."""

    class Meta:
        """Whoever forces a release says why."""

        rules: ClassVar = {
            "if": {"properties": {"force": {"const": True}}, "required": ["force"]},
            "then": {"properties": {"reason": {"pattern": r"\S"}}, "required": ["reason"]},
        }

    force = JsonBoolean(
        load_default=False,
        metadata={"description": "Although it is worse or not compared; takes a reason."},
    )
    reason = _reason()
    expected_active = _expected()


class RollbackSchema(Schema):
    """How the release before is to decide again."""

    reason = _reason()
    expected_active = _expected()


class ShadowSchema(Schema):
    """Which release is to score beside the active one."""

    version = fields.String(
        required=True,
        allow_none=True,
        validate=validate.Regexp(rf"(?:{VERSION.pattern})\Z"),
        metadata={"description": "null: none.", "pattern": f"^{VERSION.pattern}$"},
    )


class DifferencesQuerySchema(Schema):
    """Which of the comments on which a shadow differs."""

    after = fields.String(metadata={"description": "The `next` of the page before."})
    limit = fields.Integer(load_default=50, validate=validate.Range(1, PAGE_DIFFERENCES))


class DifferenceSchema(Schema):
    """A comment that the shadow would have decided otherwise."""

    comment_id = _text()
    at = fields.DateTime(required=True)
    active = fields.Enum(Action, by_value=True, required=True)
    shadow = fields.Enum(Action, by_value=True, required=True)
    active_scores = _scores()
    shadow_scores = _scores()


class ShadowReportSchema(Schema):
    """What a release would have decided otherwise."""

    version = _text()
    compared = _count("Comments that both releases have judged.")
    differing = fields.Nested(ShareSchema, required=True)
    would_hold = fields.Nested(
        ShareSchema, required=True, metadata={"description": "Approved; it would hold them."}
    )
    would_approve = fields.Nested(
        ShareSchema, required=True, metadata={"description": "Held; it would approve them."}
    )
    comments = fields.List(fields.Nested(DifferenceSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class WorseSchema(ProblemSchema):
    """The release is worse than the active one."""

    sentences = fields.List(
        fields.String(), metadata={"description": "In what it is worse, in words."}
    )
