"""Fields that take only what JSON Schema calls a boolean, a number or an integer.

marshmallow also reads `"yes"`, `0` and `"0.5"`: right for a query, where all is text, and
a mistake that nobody notices in a body. And it reads a list to its end before it sees that the
list is too long, and tells of a member of an object by a path that is not in the body.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import ValidationError, fields, validate


class JsonBoolean(fields.Boolean):
    """`true` or `false`."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class JsonNumber(fields.Float):
    """A number, and no text that looks like one."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.make_error("invalid")
        return super()._deserialize(value, *args, **kwargs)


class JsonInteger(fields.Integer):
    """A whole number; `1.0` is one as well.

    https://json-schema.org/draft/2020-12/json-schema-validation#section-6.1.1
    """

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value % 1:
            raise self.make_error("invalid")
        return super()._deserialize(value, *args, **kwargs)


class JsonList(fields.List[Any]):
    """A list that is looked into only if it is no longer than it may be."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[Any]:
        if isinstance(value, list):
            for check in self.validators:
                if isinstance(check, validate.Length):
                    check(value)
        return super()._deserialize(value, *args, **kwargs)


class JsonObject(fields.Dict):
    """An object with names that are data; what is wrong with a member is told by its name."""

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        """The object.

        Raises:
            ValidationError: it is none, or some of its members cannot be used.
        """
        try:
            return super().deserialize(value, *args, **kwargs)
        except ValidationError as error:
            # marshmallow tells of the name and the value of each: {"key": […], "value": […]}.
            if not isinstance(error.messages, dict):
                raise
            told = {name: _joined(parts) for name, parts in error.messages.items()}
            raise ValidationError(told) from None


def _joined(parts: Mapping[str, Sequence[str]]) -> list[str]:
    return [message for messages in parts.values() for message in messages]
