"""Bodies hold JSON's own booleans and numbers, or are refused."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import ValidationError, fields, validate

from moderation.api.json_fields import (
    JsonBoolean,
    JsonInteger,
    JsonList,
    JsonNumber,
    JsonObject,
)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((JsonBoolean(), value) for value in (0, 1, "true", "yes", "", [], 1.0)),
        *((JsonNumber(), value) for value in (True, False, "0.5", "", [], {}, 1e400)),
        *((JsonInteger(), value) for value in (True, False, "1", 0.5, [], 1e400)),
    ],
)
def test_what_only_looks_like_it_is_refused(field: fields.Field[Any], value: object):
    with pytest.raises(ValidationError):
        field.deserialize(value)


@pytest.mark.parametrize("value", [True, False])
def test_a_boolean_is_taken_as_it_is(value: bool):
    assert JsonBoolean().deserialize(value) is value


@pytest.mark.parametrize(("value", "number"), [(1, 1), (1.0, 1), (-3, -3), (2**60, 2**60)])
def test_an_integer_may_be_written_with_a_point(value: float, number: int):
    found = JsonInteger().deserialize(value)

    assert found == number
    assert type(found) is int


@pytest.mark.parametrize("value", [0, 1, 0.25, -1e-9])
def test_a_number_is_taken_as_it_is(value: float):
    assert JsonNumber().deserialize(value) == value


def test_a_list_that_is_too_long_is_not_looked_into():
    field = JsonList(fields.String(), validate=validate.Length(max=2))

    with pytest.raises(ValidationError) as refused:
        field.deserialize([1, 2, 3])

    assert refused.value.messages == ["Longer than maximum length 2."]
    assert field.deserialize(["a", "b"]) == ["a", "b"]


def test_what_is_wrong_with_a_member_is_told_by_its_name():
    field = JsonObject(keys=fields.String(validate=validate.Length(max=3)), values=JsonNumber())

    with pytest.raises(ValidationError) as refused:
        field.deserialize({"good": "no number", "bad": "no number", "one": 1})

    assert refused.value.messages == {
        "good": ["Longer than maximum length 3.", "Not a valid number."],
        "bad": ["Not a valid number."],
    }


def test_what_is_no_object_at_all_has_no_member_to_name():
    with pytest.raises(ValidationError) as refused:
        JsonObject().deserialize([])

    assert refused.value.messages == ["Not a valid mapping type."]
