"""What a visitor sends, made into a draft that may be posted, or refused in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from marshmallow import ValidationError, validate

from moderation.api.schemas import CleanString, Text
from moderation.demo import examples

#: Shorter than the API's own limits: this is a page for people who try it out.
TEXT_CHARACTERS = 2_000
NAME_CHARACTERS = 60


class DraftError(Exception):
    """Raised when a draft cannot be posted; its message is for the visitor."""


_TEXT = Text(
    required=True,
    validate=validate.Length(
        max=TEXT_CHARACTERS, error=f"Must have at most {TEXT_CHARACTERS:,} characters."
    ),
)
_NAME = CleanString(
    load_default="",
    validate=validate.Length(
        max=NAME_CHARACTERS, error=f"Must have at most {NAME_CHARACTERS} characters."
    ),
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A comment before it is posted; `example` names one that the page offers instead."""

    text: str = ""
    name: str = ""
    example: str = ""

    @classmethod
    def from_fields(cls, sent: Mapping[str, Any]) -> Self:
        """What was sent, as it came, so that a refused visitor gets it back."""
        known = {name: sent[name] for name in ("text", "name", "example") if name in sent}
        return cls(**{name: value for name, value in known.items() if isinstance(value, str)})

    def checked(self, already_posted: frozenset[str]) -> Draft:
        """The draft ready to post, the example of its kind filled in.

        Raises:
            DraftError: it cannot be posted; the message says why.
        """
        text = examples.text_of(self.example, already_posted) or self.text
        # A form sends line breaks as CR LF, and counts each as two.
        text = _checked(_TEXT, text.replace("\r\n", "\n"), "Your comment")
        return Draft(text, _checked(_NAME, self.name.strip(), "Your name"))


def _checked(field: CleanString, value: str, what: str) -> str:
    try:
        return str(field.deserialize(value))
    except ValidationError as error:
        message = str(error.messages[0])
        raise DraftError(f"{what} {message[0].lower()}{message[1:]}") from None
