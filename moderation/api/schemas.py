"""What the API takes and gives, as marshmallow schemas: validation and OpenAPI in one."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from moderation.api.json_fields import JsonList
from moderation.domain import Action, ReasonCode, Source, Status, Violation

#: Limits of the contract.
TEXT_CHARACTERS = 20_000
BODY_BYTES = 1024 * 1024
BATCH_BODY_BYTES = 16 * 1024 * 1024
BATCH_COMMENTS = 1_000
SCORE_TEXTS = 100
PAGE_COMMENTS = 500
PAGE_DECISIONS = 1_000
#: Limits of our own, far above what honest sites send.
ID_CHARACTERS = 500
NAME_CHARACTERS = 500
URL_CHARACTERS = 4_000

_UNWRITABLE = re.compile("[\0\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
#: Clients take these out of a path, https://www.rfc-editor.org/rfc/rfc3986#section-5.2.4.
_DOT_SEGMENTS = frozenset({".", ".."})


class CleanString(fields.String):
    """A string that UTF-8 and Redis can carry: no NUL, no lone surrogate."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        if found := _UNWRITABLE.search(text):
            what = "NUL characters" if found[0] == "\0" else "lone surrogates"
            raise ValidationError(f"Must not contain {what}.")
        return text


class Text(CleanString):
    """A comment's text. Its length is checked by the views: too long is 413, not 422."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"maxLength": TEXT_CHARACTERS, "minLength": 1, "pattern": r"\S"}
        super().__init__(metadata=metadata | kwargs.pop("metadata", {}), **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        if not text.strip():
            raise ValidationError("Must not be empty.")
        return text


class Identifier(CleanString):
    """An opaque id: one line, not empty, no control characters, and a path can name it."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"pattern": r"^(?!\.{1,2}$)[^\x00-\x1f\x7f]+$"}
        metadata |= kwargs.pop("metadata", {})
        super().__init__(
            validate=validate.Length(1, ID_CHARACTERS), metadata=metadata, **kwargs
        )

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        if _CONTROL.search(text):
            raise ValidationError("Must not contain control characters.")
        if text in _DOT_SEGMENTS:
            raise ValidationError("Must not be . or .. alone: no URL can name that.")
        return text


class Moment(fields.AwareDateTime):
    """A moment that can be written in UTC, as nearly all that a year 1 to 9999 has."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> datetime:
        moment: datetime = super()._deserialize(value, *args, **kwargs)
        try:
            return moment.astimezone(UTC)
        except OverflowError:
            raise ValidationError("Must be in the years 1 to 9999 of UTC.") from None


class Unchecked(fields.Nested):
    """Documented as a nested schema, but passed on as it came: its parts fail one by one."""

    def deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        """The value as it came, null too."""
        return value


_IDENTIFIER = Identifier()


def check_identifier(value: str, name: str) -> None:
    """Checks an id that came in the path.

    Raises:
        ValidationError: it cannot be one.
    """
    try:
        _IDENTIFIER.deserialize(value)
    except ValidationError as error:
        raise ValidationError({name: error.messages}) from None


def _optional(kind: type[fields.String], most: int, **kwargs: Any) -> fields.String:
    return kind(allow_none=True, validate=validate.Length(max=most), **kwargs)


class AuthorSchema(Schema):
    """Who wrote a comment, in the site's own terms."""

    id = Identifier(required=True, metadata={"description": "The site's id of the author."})
    name = _optional(CleanString, NAME_CHARACTERS)
    email = _optional(CleanString, NAME_CHARACTERS)
    ip = _optional(CleanString, 100)
    user_agent = _optional(CleanString, 2_000)


class ArticleSchema(Schema):
    """What moderators are shown of the article."""

    url = CleanString(
        allow_none=True,
        validate=[
            validate.Length(max=URL_CHARACTERS),
            validate.Regexp(r"(?i)https?://", error="Must begin with http:// or https://."),
        ],
        metadata={"pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"},
    )
    title = _optional(CleanString, NAME_CHARACTERS)


class NewCommentSchema(Schema):
    """A comment as a site posts it."""

    text = Text(required=True, metadata={"description": "At most 20,000 characters."})
    author = fields.Nested(AuthorSchema, required=True)
    id = Identifier(
        metadata={"description": "The site's own id; a repeat stores nothing. Made if absent."}
    )
    parent_id = Identifier(
        allow_none=True, metadata={"description": "The comment of the same article it answers."}
    )
    created_at = Moment(
        format="iso", allow_none=True, metadata={"description": "RFC 3339; now if absent."}
    )
    language = _optional(
        CleanString,
        35,
        metadata={"description": "BCP 47, such as `en`. Goes before what is detected."},
    )
    article = fields.Nested(ArticleSchema, allow_none=True)


class BatchCommentSchema(NewCommentSchema):
    """A comment of a batch: it names its article itself."""

    article_id = Identifier(required=True)


class BatchSchema(Schema):
    """Up to 1,000 comments at once."""

    comments = JsonList(
        Unchecked(BatchCommentSchema),
        required=True,
        validate=validate.Length(1, BATCH_COMMENTS),
    )


class ReasonSchema(Schema):
    """One rule that fired."""

    code = fields.String(
        required=True,
        validate=validate.OneOf([*ReasonCode, *Violation]),
        metadata={"description": "The rule; in capitals what a person rejects it for."},
    )
    category = fields.String()
    score = fields.Float()
    threshold = fields.Float()
    detail = fields.String()


def _scores(**kwargs: Any) -> fields.Dict:
    return fields.Dict(
        keys=fields.String(),
        values=fields.Float(validate=validate.Range(0, 1)),
        metadata={"description": "Category → calibrated probability in [0, 1]."},
        **kwargs,
    )


class DecisionSchema(Schema):
    """One decision on a comment."""

    comment_id = fields.String(required=True)
    article_id = fields.String(required=True)
    revision = fields.Integer(
        required=True, metadata={"description": "Counts a comment's decisions from 1."}
    )
    action = fields.Enum(Action, by_value=True, required=True)
    source = fields.Enum(Source, by_value=True, required=True)
    reasons = fields.List(fields.Nested(ReasonSchema), required=True)
    scores = _scores(required=True)
    model = fields.String(required=True, allow_none=True)
    language = fields.String(
        metadata={
            "description": "What the comment is written in, as the site said or as detected "
            "(ISO 639-1). Absent where that cannot be told."
        }
    )
    decided_at = fields.DateTime(required=True)
    moderator = fields.String()
    statement = fields.String()


class CommentSchema(Schema):
    """A comment and where it stands."""

    id = fields.String(required=True)
    article_id = fields.String(required=True)
    parent_id = fields.String(required=True, allow_none=True)
    author = fields.Nested(AuthorSchema, required=True)
    text = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    status = fields.Enum(Status, by_value=True, required=True)
    revision = fields.Integer(required=True)
    decision = fields.Nested(DecisionSchema, required=True, allow_none=True)


class BatchResultSchema(Schema):
    """What became of one comment of a batch: `id` and `status`, or `error`."""

    id = fields.String()
    status = fields.Enum(Status, by_value=True)
    error = fields.Dict(metadata={"description": "A problem (RFC 9457)."})


class BatchResultsSchema(Schema):
    """The results, in the order of the comments."""

    results = fields.List(fields.Nested(BatchResultSchema), required=True)


def _limit(default: int, most: int) -> fields.Integer:
    return fields.Integer(load_default=default, validate=validate.Range(1, most))


class CommentsQuerySchema(Schema):
    """Which comments of an article."""

    status = fields.Enum(
        Status, by_value=True, metadata={"description": "Only these; all if absent."}
    )
    after = fields.String(metadata={"description": "The `next` of the page before."})
    limit = _limit(50, PAGE_COMMENTS)


class CommentsPageSchema(Schema):
    """Some comments, oldest first, and the cursor of the next page."""

    comments = fields.List(fields.Nested(CommentSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class ReportSchema(Schema):
    """A reader's report."""

    reason = CleanString(required=True, validate=validate.Length(1, 2_000))
    reporter_id = Identifier(allow_none=True)


class ReportedSchema(Schema):
    """How often a comment was reported."""

    comment_id = fields.String(required=True)
    reports = fields.Integer(required=True)


class EraseQuerySchema(Schema):
    """How much is erased."""

    keep_labels = fields.Boolean(
        load_default=False,
        metadata={
            "description": "Keep the text and the verdict of those that moderators decided, "
            "as labels: without author, moderator, times and ids."
        },
    )


class ScoreSchema(Schema):
    """Texts to score without storing anything."""

    texts = JsonList(Text(), required=True, validate=validate.Length(1, SCORE_TEXTS))


class SpanSchema(Schema):
    """What in a text raised a score; offsets in Unicode code points of the text."""

    begin = fields.Integer(required=True)
    end = fields.Integer(required=True)
    category = fields.String(required=True)
    score = fields.Float(required=True)


class ScoredTextSchema(Schema):
    """One scored text."""

    scores = _scores(required=True)
    action = fields.Enum(Action, by_value=True, required=True)
    spans = fields.List(fields.Nested(SpanSchema), required=True)
    language = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "ISO 639-1; null where it cannot be told."},
    )


class ScoredSchema(Schema):
    """The scored texts in order, and the release that scored them."""

    results = fields.List(fields.Nested(ScoredTextSchema), required=True)
    model = fields.String(required=True)


class DecisionsQuerySchema(Schema):
    """Which decisions of the site."""

    after = fields.String(metadata={"description": "A cursor; from the oldest kept if absent."})
    limit = _limit(100, PAGE_DECISIONS)


class StreamQuerySchema(Schema):
    """Where the stream begins."""

    after = fields.String(metadata={"description": "A cursor; `Last-Event-ID` goes before."})


class DecisionsPageSchema(Schema):
    """Some decisions in order, and the cursor to go on after them, now or later."""

    decisions = fields.List(fields.Nested(DecisionSchema), required=True)
    next = fields.String(required=True)


class HealthSchema(Schema):
    """Alive."""

    status = fields.String(required=True)


class ReadinessSchema(Schema):
    """Ready to decide comments; names the release that workers use."""

    status = fields.String(required=True)
    workers = fields.Integer(required=True)
    model = fields.String(
        required=True,
        metadata={"description": "What decides for sites without a release of their own."},
    )
    warnings = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Releases that a worker cannot use; it keeps the one it had."},
    )
