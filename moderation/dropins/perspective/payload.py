"""A request's body as a message, read as Google's front ends read it.

Like theirs it takes a field's name as `clientToken` or `client_token`, null for absent, one
value for a list of one, and numbers in quotes (https://protobuf.dev/programming-guides/json/);
and, beyond JSON, names without quotes and a comma too many, both of which are in Perspective's
own examples (https://github.com/conversationai/perspectiveapi/blob/master/quickstart.md).
What is wrong is told in their words. Knows no method: messages are described by `schemas`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from moderation.dropins.perspective.refusals import malformed
from moderation.dropins.perspective.schemas import SCHEMAS, Schema
from moderation.encoding import read_json

#: How much of a wrong value an error repeats, in characters, and how many it names.
REPEATED_CHARACTERS = 60
NAMED_VIOLATIONS = 20

#: A string, a name perhaps without quotes, a comma too many: taken whole, so that no part of
#: a hostile body is looked at twice.
_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.)*+"?+)'
    r"|(?P<name>[A-Za-z_]\w*+)(?P<colon>\s*+:)?+"
    r"|(?P<comma>,\s*+(?=[}\]]))",
    re.DOTALL,
)
_CAPITAL = re.compile(r"(?<!^)([A-Z])")

Violation = tuple[str, str]


class _WrongError(Exception):
    """Raised when a value is not what its field takes; names the type."""


def read(body: bytes, message: str) -> dict[str, Any]:
    """The fields of a message that are set, by their names in camelCase.

    Args:
        body: JSON; nothing at all is a message without fields.
        message: the name of its schema.

    Raises:
        Refusal: it is no JSON, or has unknown fields or wrong values.
    """
    try:
        value = _parsed(body.decode("utf-8-sig")) if body.strip() else {}
    except ValueError:
        wrong = "Invalid JSON payload received. The body is not JSON in UTF-8."
        raise malformed([("", wrong)]) from None
    violations: list[Violation] = []
    if not isinstance(value, dict):
        wrong = (
            'Invalid JSON payload received. Unknown name "": Root element must be a message.'
        )
        raise malformed([("", wrong)])
    found = _message(value, SCHEMAS[message], "", violations)
    if violations:
        raise malformed(violations[:NAMED_VIOLATIONS])
    return found


def _parsed(text: str) -> Any:
    try:
        return read_json(text)
    except ValueError:
        return read_json(_TOKEN.sub(_strict, text))


def _strict(token: re.Match[str]) -> str:
    if token["colon"]:
        return f'"{token["name"]}":'
    return "" if token["comma"] else token[0]


def _value(value: Any, schema: Schema, path: str, violations: list[Violation]) -> Any:
    if "$ref" in schema:
        return _message(value, SCHEMAS[schema["$ref"]], path, violations)
    if schema["type"] == "array":
        many = value if isinstance(value, list) else [value]
        return [
            _value(one, schema["items"], f"{path}[{number}]", violations)
            for number, one in enumerate(many)
        ]
    if schema["type"] == "object":
        return _map(value, schema["additionalProperties"], path, violations)
    try:
        return _scalar(value, schema)
    except _WrongError as error:
        violations.append((path, f"Invalid value at '{path}' ({error}), {_repeated(value)}"))
        return None


def _message(
    value: Any, schema: Schema, path: str, violations: list[Violation]
) -> dict[str, Any]:
    found = {}
    for name, one in _entries(value, schema, path, violations):
        known = _camel_case(name)
        if known not in schema["properties"]:
            at = f" at '{path}'" if path else ""
            wrong = f'Unknown name "{name[:REPEATED_CHARACTERS]}"{at}: Cannot find field.'
            violations.append((path, f"Invalid JSON payload received. {wrong}"))
        elif one is not None:
            inner = f"{path}.{_snake_case(known)}".lstrip(".")
            found[known] = _value(one, schema["properties"][known], inner, violations)
    return found


def _map(value: Any, schema: Schema, path: str, violations: list[Violation]) -> dict[str, Any]:
    entries = _entries(value, {"id": "map"}, path, violations)
    return {
        name: _value({} if one is None else one, schema, f"{path}[{number}].value", violations)
        for number, (name, one) in enumerate(entries)
    }


def _entries(
    value: Any, schema: Schema, path: str, violations: list[Violation]
) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()
    else:
        wrong = f"Invalid value at '{path}' ({schema['id']}), {_repeated(value)}"
        violations.append((path, wrong))


def _scalar(value: Any, schema: Schema) -> Any:
    match schema["type"]:
        case "string" if "enum" in schema:
            if value not in schema["enum"]:
                raise _WrongError("TYPE_ENUM")
            return value
        case "string":
            return _string(value)
        case "boolean":
            if not isinstance(value, bool):
                raise _WrongError("TYPE_BOOL")
            return value
        case "integer":
            return _number(value, int, "TYPE_INT32")
    return _number(value, float, "TYPE_FLOAT")


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise _WrongError("TYPE_STRING")
    try:
        value.encode()
    except UnicodeEncodeError:
        # A lone surrogate, which JSON can spell and UTF-8 cannot.
        raise _WrongError("TYPE_STRING") from None
    return value


def _number(value: Any, kind: type[int] | type[float], name: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise _WrongError(name) from None
    if isinstance(value, bool) or not math.isfinite(number) or kind(number) != number:
        raise _WrongError(name)
    return kind(number)


def _repeated(value: Any) -> str:
    return json.dumps(value)[:REPEATED_CHARACTERS]


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def _snake_case(name: str) -> str:
    return _CAPITAL.sub(r"_\1", name).lower()
