"""JSON: compact as it is stored and sent, and read warily where a stranger wrote it."""

from __future__ import annotations

import json
from json import JSONEncoder
from typing import Any

#: One encoder for all: `json.dumps` with options makes a new one for each call.
compact_json = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

#: Lists and objects within each other: no call takes half as many. What is read may be written
#: into an error later, from further up the stack than it was read.
MOST_LEVELS = 32
#: Fields of one object: no call takes half as many, and each is an error of its own.
MOST_FIELDS = 1_000


def read_json(body: bytes | str) -> Any:
    """The value that a JSON text (RFC 8259) of a stranger stands for.

    Raises:
        ValueError: it is not JSON in UTF-8, has numbers that are none (`NaN`) or too long to
            be read, more than `MOST_LEVELS` within each other, or more than `MOST_FIELDS`
            beside each other.
    """
    text = body.decode("utf-8-sig") if isinstance(body, bytes) else body
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    # No value is deeper than it has brackets, or wider than it has colons: most end here.
    if text.count("[") + text.count("{") > MOST_LEVELS or text.count(":") > MOST_FIELDS:
        _refuse_bomb(value)
    return value


def _refuse_bomb(value: Any) -> None:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MOST_LEVELS):
        level = [inner for one in level for inner in _within(one)]
        if not level:
            return
    raise ValueError("nested too deeply")


def _within(value: Any) -> list[Any]:
    if isinstance(value, dict):
        if len(value) > MOST_FIELDS:
            raise ValueError("too many fields")
        value = value.values()
    return [one for one in value if isinstance(one, dict | list)]


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
