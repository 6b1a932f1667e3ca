"""What the doors for moderators' accounts take and give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from moderation.api.json_fields import JsonBoolean, JsonObject
from moderation.api.schemas import CleanString
from moderation.desk.people import (
    LEAST_PASSWORD_CHARACTERS,
    MOST_PASSWORD_CHARACTERS,
    NAME,
    NAME_RULE,
)
from moderation.domain import Role
from moderation.preferences import Blur, Theme, key_problems


def _role(**kwargs: Any) -> fields.Enum[Role]:
    return fields.Enum(Role, by_value=True, **kwargs)


class NewModeratorSchema(Schema):
    """Somebody to moderate this site."""

    name = CleanString(
        required=True,
        validate=validate.Regexp(rf"\A{NAME.pattern}\Z", error=f"Must be {NAME_RULE}."),
        metadata={"pattern": f"^{NAME.pattern}$"},
    )
    role = _role(load_default=Role.MODERATOR)
    password = CleanString(
        validate=validate.Length(LEAST_PASSWORD_CHARACTERS, MOST_PASSWORD_CHARACTERS),
        load_only=True,
        metadata={"description": "Made here and shown once unless given."},
    )


class ModeratorChangeSchema(Schema):
    """What is to change about a moderator."""

    role = _role(
        allow_none=True, metadata={"description": "Their role on this site; null: none."}
    )
    disabled = JsonBoolean(metadata={"description": "Whether they are shut out."})


class ModeratorSchema(Schema):
    """A moderator as an admin of a site sees them."""

    name = fields.String(required=True)
    role = _role(required=True, allow_none=True)
    disabled = fields.Boolean(required=True)
    created_at = fields.String(required=True)


class CreatedModeratorSchema(ModeratorSchema):
    """A new moderator, and the password that was made for them."""

    password = fields.String(
        metadata={"description": "Shown this once; absent if none was made."}
    )


class ModeratorsSchema(Schema):
    """The moderators of a site."""

    moderators = fields.List(fields.Nested(ModeratorSchema), required=True)


class MeSchema(Schema):
    """Who the token belongs to."""

    name = fields.String(required=True)
    site = fields.String(required=True, metadata={"description": "The site asked about."})
    role = _role(required=True)
    sites = fields.Dict(
        keys=fields.String(),
        values=_role(),
        required=True,
        metadata={"description": "Every site → the role there."},
    )


class PreferencesSchema(Schema):
    """One's own settings of the console."""

    blur = fields.Enum(Blur, by_value=True, required=True)
    grey = JsonBoolean(required=True)
    theme = fields.Enum(Theme, by_value=True, required=True)
    keys = JsonBoolean(
        required=True, metadata={"description": "Whether single keys do things."}
    )
    remapped = JsonObject(
        keys=fields.String(),
        values=CleanString(),
        required=True,
        metadata={"description": "What a key does → the key, where it is not the usual one."},
    )

    @validates_schema
    def _check_keys(self, data: Mapping[str, Any], **_: Any) -> None:
        problems = key_problems(data["remapped"])
        if problems:
            raise ValidationError({"remapped": {name: [p] for name, p in problems.items()}})
