"""The bodies of the calls about API keys, checked and documented."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from moderation.api.json_fields import JsonList
from moderation.api.schemas import CleanString, Moment
from moderation.api_keys import MOST_OVERLAP_S, NAME_CHARACTERS, USUAL_SCOPES, Scope


def _scopes(**options: Any) -> JsonList:
    return JsonList(
        fields.String(validate=validate.OneOf([one.value for one in Scope])),
        validate=validate.Length(1, len(Scope)),
        metadata={
            "description": "What it opens. `post`: hand in comments, reports and texts to be "
            "scored. `read`: read comments, decisions and the policy. `moderate`: erase, and "
            "suggest labels. `admin`: change the policy, retention, webhooks and keys."
        },
        **options,
    )


class NewKeySchema(Schema):
    """An API key to be made."""

    name = CleanString(
        required=True,
        validate=validate.Length(1, NAME_CHARACTERS),
        metadata={
            "description": "What people call it: say what uses it.",
            "pattern": r"^[^\x00-\x1f\x7f]*[^\x00-\x1f\x7f\s][^\x00-\x1f\x7f]*$",
        },
    )
    scopes = _scopes(load_default=[one.value for one in Scope if one in USUAL_SCOPES])
    expires_at = Moment(
        load_default=None,
        allow_none=True,
        metadata={"description": "When it ends; by default it does not."},
    )


class RotationQuerySchema(Schema):
    """How a key is replaced."""

    overlap_s = fields.Integer(
        load_default=0,
        validate=validate.Range(0, MOST_OVERLAP_S),
        metadata={"description": "How long the old one is good beside the new one."},
    )


class KeySchema(Schema):
    """An API key, without the key."""

    id = fields.String(
        required=True, metadata={"description": "The beginning of the key's SHA-256."}
    )
    name = fields.String(required=True)
    scopes = _scopes(required=True)
    created_at = fields.DateTime(
        required=True,
        allow_none=True,
        metadata={"description": "null for one made before that was kept."},
    )
    expires_at = fields.DateTime(required=True, allow_none=True)
    last_used_at = fields.DateTime(
        required=True, allow_none=True, metadata={"description": "To the minute."}
    )


class KeyWithSecretSchema(KeySchema):
    """An API key, in this answer alone with the key itself."""

    key = fields.String(required=True, metadata={"description": "Shown this once."})


class KeysSchema(Schema):
    """The keys of a site."""

    keys = fields.List(fields.Nested(KeySchema), required=True)
