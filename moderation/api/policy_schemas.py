"""The bodies of the policy's calls, checked and documented."""

from __future__ import annotations

from collections.abc import Callable

from marshmallow import Schema, fields, validate

from moderation.api.json_fields import (
    JsonBoolean,
    JsonInteger,
    JsonList,
    JsonNumber,
    JsonObject,
)
from moderation.api.schemas import TEXT_CHARACTERS, CleanString, Identifier, Text
from moderation.desk.effect import BINS
from moderation.domain import Action, QueueOrder
from moderation.policy import LIST_ENTRIES, MOST_REVIEWED
from moderation.record.policies import VERSIONS_KEPT

#: Categories that a policy has thresholds of: releases have about ten.
MOST_CATEGORIES = 100


class FloodSchema(Schema):
    """Hold an author's comments past so many in a window."""

    comments = JsonInteger(required=True, validate=validate.Range(1, 100_000))
    window_s = JsonInteger(load_default=60, validate=validate.Range(1, 86_400))


class DuplicatesSchema(Schema):
    """Hold a text that was posted so often before."""

    by_author = JsonInteger(load_default=1, validate=validate.Range(1, 10))
    by_anyone = JsonInteger(load_default=3, validate=validate.Range(1, 10))


def _words(help_text: str, *, default: Callable[[], list[str]] | None = list) -> JsonList:
    return JsonList(
        CleanString(validate=validate.Length(1, 200)),
        load_default=default,
        validate=validate.Length(max=LIST_ENTRIES),
        metadata={"description": help_text},
    )


def _ids(help_text: str) -> JsonList:
    return JsonList(
        Identifier(),
        load_default=list,
        validate=validate.Length(max=LIST_ENTRIES),
        metadata={"description": help_text},
    )


def _thresholds() -> JsonObject:
    return JsonObject(
        keys=CleanString(validate=validate.Length(1, 100)),
        values=JsonNumber(allow_none=True, validate=validate.Range(0, 1)),
        load_default=dict,
        validate=validate.Length(max=MOST_CATEGORIES),
        metadata={
            "description": "Category → hold at this probability or more, null for never. "
            "A category left out has the release's own threshold."
        },
    )


class PolicySchema(Schema):
    """A site's rules. `null` switches a rule off; what is left out has its default."""

    thresholds = _thresholds()
    banned_words = _words("Words and phrases that hold, found through evasion.")
    suspect_words = _words("Words and phrases that are only marked, unless switched on below.")
    hold_suspect_words = JsonBoolean(load_default=False)
    link_limit = JsonInteger(
        load_default=None,
        allow_none=True,
        validate=validate.Range(0, 1_000),
        metadata={"description": "Hold a comment with more links than this."},
    )
    hold_first_time_authors = JsonBoolean(
        load_default=False,
        metadata={"description": "Hold until the author has one approved comment."},
    )
    flood = fields.Nested(FloodSchema, allow_none=True)
    duplicates = fields.Nested(DuplicatesSchema, allow_none=True)
    held_articles = _ids("Articles whose comments are always held.")
    held_authors = _ids("Authors whose comments are always held.")
    closed_articles = _ids("Articles that take no comments any more.")
    unsupported_language = fields.String(
        load_default=Action.HOLD.value,
        validate=validate.OneOf([Action.HOLD.value, Action.APPROVE.value]),
        metadata={
            "description": "What becomes of a comment in a language that the classifier does "
            "not know. `approve`: its scores and the other rules decide alone."
        },
    )
    reports_to_hold = JsonInteger(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 1_000),
        metadata={"description": "Hold an approved comment that so many readers report."},
    )
    queue_order = fields.String(
        load_default=QueueOrder.PROBABILITY.value,
        validate=validate.OneOf([order.value for order in QueueOrder]),
        metadata={"description": "What moderators see first."},
    )
    review_share = JsonNumber(
        load_default=0.0,
        validate=validate.Range(
            0, MOST_REVIEWED, error=f"Must be from 0 to {MOST_REVIEWED} ({MOST_REVIEWED:.0%})."
        ),
        metadata={
            "description": "Share of the comments that the machine approves that is drawn by "
            "lot for a person to look at; they stay published."
        },
    )


class ThresholdsSchema(Schema):
    """A draft of thresholds."""

    thresholds = _thresholds()


class ShareSchema(Schema):
    """A part of a whole; `low` and `high` are its 95 % interval."""

    part = fields.Integer(required=True)
    whole = fields.Integer(required=True)
    share = fields.Float(
        required=True, allow_none=True, metadata={"description": "null: of nothing."}
    )
    low = fields.Float(required=True)
    high = fields.Float(required=True)


class ChangeSchema(Schema):
    """A share with the policy that holds now, and with the draft."""

    now = fields.Nested(ShareSchema, required=True)
    draft = fields.Nested(ShareSchema, required=True)


def _histogram(help_text: str) -> fields.List[int]:
    return fields.List(
        fields.Integer(), required=True, metadata={"description": f"{help_text}, {BINS} bins."}
    )


class HistogramsSchema(Schema):
    """How often the scores of a category occur, in bins of equal width from 0 to 1."""

    recent = _histogram("Recent comments")
    rejected = _histogram("Comments that moderators rejected")
    approved = _histogram("Comments that moderators approved")


class EffectSchema(Schema):
    """What a draft would do to the site's own recent and labelled comments."""

    sentence = fields.String(required=True)
    held = fields.Nested(
        ChangeSchema, required=True, metadata={"description": "Recent comments held."}
    )
    caught = fields.Nested(
        ChangeSchema,
        required=True,
        metadata={"description": "Of what moderators rejected, what the machine holds."},
    )
    stopped = fields.Nested(
        ChangeSchema,
        required=True,
        metadata={"description": "Of what moderators approved, what the machine holds."},
    )
    reaching = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(ChangeSchema),
        required=True,
        metadata={"description": "Category → recent comments that reach its threshold."},
    )
    histograms = fields.Dict(
        keys=fields.String(), values=fields.Nested(HistogramsSchema), required=True
    )


class HistoryQuerySchema(Schema):
    """Which versions of the policy."""

    after = fields.String(metadata={"description": "The `next` of the page before."})
    limit = fields.Integer(load_default=50, validate=validate.Range(1, VERSIONS_KEPT))


class PolicyVersionSchema(Schema):
    """A version of the policy; version 0 is the default."""

    version = fields.Integer(required=True)
    at = fields.String(required=True, allow_none=True)
    who = fields.String(required=True, allow_none=True)
    changes = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={
            "description": "Field → `{from, to}`, or for a list `{added, removed}`: its "
            "entries, or how many of them."
        },
    )
    reverted_to = fields.Integer(required=True, allow_none=True)
    policy = fields.Nested(PolicySchema, required=True)


class HistorySchema(Schema):
    """Versions of the policy, newest first."""

    versions = fields.List(fields.Nested(PolicyVersionSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class RevertSchema(Schema):
    """The version to go back to."""

    version = JsonInteger(required=True, validate=validate.Range(0, 2**53))


class TriedWordsSchema(Schema):
    """A text, and the words to look for in it."""

    text = Text(required=True, validate=validate.Length(max=TEXT_CHARACTERS))
    words = _words(
        "Words and phrases to look for. Default: both lists of the policy.", default=None
    )


class FoundWordsSchema(Schema):
    """The entries that stand in a text, through evasion."""

    found = fields.List(fields.String(), required=True)
