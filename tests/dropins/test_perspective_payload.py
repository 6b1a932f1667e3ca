"""A body is read as Google's front ends read it, and refused in their words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.dropins.perspective.payload import NAMED_VIOLATIONS, read
from moderation.dropins.perspective.refusals import Refusal

ANALYZE = "AnalyzeCommentRequest"
#: Perspective's own quickstart: names without quotes.
QUICKSTART = b"""{comment: {text: "what kind of idiot name is foo?"},
          languages: ["en"],
          requestedAttributes: {TOXICITY:{}} }"""
values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["comment", "text", "languages", "TOXICITY", "type"]), inner
        )
    ),
)


def wrong(body: Any) -> list[dict[str, str]]:
    """What is said to be wrong with a body."""
    written = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(Refusal) as refused:
        read(written, ANALYZE)
    detail = refused.value.details[0]
    assert detail["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    found: list[dict[str, str]] = detail["fieldViolations"]
    assert str(refused.value) == "\n".join(one["description"] for one in found)
    return found


def test_fields_come_by_either_name_and_null_is_absent():
    body = {
        "comment": {"text": "t", "type": None},
        "requested_attributes": {"TOXICITY": {"score_threshold": 0.5}, "SPAM": None},
        "span_annotations": True,
        "context": None,
    }

    assert read(json.dumps(body).encode(), ANALYZE) == {
        "comment": {"text": "t"},
        "requestedAttributes": {"TOXICITY": {"scoreThreshold": 0.5}, "SPAM": {}},
        "spanAnnotations": True,
    }


def test_one_value_is_a_list_of_one_and_a_number_may_be_quoted():
    body = b'{"languages": "EN", "requestedAttributes": {"SPAM": {"scoreThreshold": "0.5"}}}'

    assert read(body, ANALYZE) == {
        "languages": ["EN"],
        "requestedAttributes": {"SPAM": {"scoreThreshold": 0.5}},
    }


def test_the_request_of_perspectives_quickstart_is_understood():
    assert read(QUICKSTART, ANALYZE) == {
        "comment": {"text": "what kind of idiot name is foo?"},
        "languages": ["en"],
        "requestedAttributes": {"TOXICITY": {}},
    }


def test_a_comma_too_many_is_passed_over_and_strings_stay_as_they_are():
    body = rb'{comment: {"text": "a: b, } \" c: {d,]",},}'

    assert read(body, ANALYZE) == {"comment": {"text": 'a: b, } " c: {d,]'}}


@pytest.mark.parametrize("body", [b"", b"  \n", b"{}"])
def test_nothing_is_a_message_without_fields(body: bytes):
    assert read(body, ANALYZE) == {}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"comment=t",
        b'{"comment" {}}',
        b"\xff\xfe",
        b'{"comment": NaN}',
        b"[" * 100_000,
        b'{"comment": {"text": "no end}}',
        b'{"a": 1e}',
    ],
)
def test_what_is_no_json_is_refused(body: bytes):
    assert [*wrong(body)[0]] == ["description"]


@pytest.mark.parametrize("body", [[], [{}], "text", 5, True])
def test_a_body_that_is_no_message_is_refused(body: Any):
    assert "Root element must be a message" in wrong(body)[0]["description"]


@pytest.mark.parametrize(
    ("body", "field", "description"),
    [
        (
            {"foo": 1},
            None,
            'Invalid JSON payload received. Unknown name "foo": Cannot find field.',
        ),
        (
            {"comment": {"txt": "t"}},
            "comment",
            (
                "Invalid JSON payload received. Unknown name \"txt\" at 'comment': "
                "Cannot find field."
            ),
        ),
        (
            {"requestedAttributes": {"SPAM": {}, "TOXICITY": {"x": 1}}},
            "requested_attributes[1].value",
            (
                'Invalid JSON payload received. Unknown name "x" at '
                "'requested_attributes[1].value': Cannot find field."
            ),
        ),
        (
            {"comment": {"text": 428}},
            "comment.text",
            "Invalid value at 'comment.text' (TYPE_STRING), 428",
        ),
        (
            {"comment": {"type": "MARKDOWN"}},
            "comment.type",
            "Invalid value at 'comment.type' (TYPE_ENUM), \"MARKDOWN\"",
        ),
        ({"comment": "t"}, "comment", "Invalid value at 'comment' (TextEntry), \"t\""),
        (
            {"doNotStore": "true"},
            "do_not_store",
            "Invalid value at 'do_not_store' (TYPE_BOOL), \"true\"",
        ),
        (
            {"languages": ["en", 5]},
            "languages[1]",
            "Invalid value at 'languages[1]' (TYPE_STRING), 5",
        ),
        (
            {"requestedAttributes": ["SPAM"]},
            "requested_attributes",
            "Invalid value at 'requested_attributes' (map), [\"SPAM\"]",
        ),
    ],
)
def test_what_a_message_cannot_have_is_named_as_google_names_it(
    body: Any, field: str | None, description: str
):
    place = {} if field is None else {"field": field}

    assert wrong(body) == [place | {"description": description}]


@pytest.mark.parametrize("value", ["", "high", True, [], {}, "nan", "inf", 10**400])
def test_a_threshold_that_is_no_number_is_refused(value: Any):
    found = wrong({"requestedAttributes": {"SPAM": {"scoreThreshold": value}}})

    assert "(TYPE_FLOAT)" in found[0]["description"]


def test_half_a_character_is_refused():
    assert "(TYPE_STRING)" in wrong(rb'{"comment": {"text": "\ud800"}}')[0]["description"]


def test_all_that_is_wrong_is_named_up_to_a_limit():
    assert len(wrong({"a": 1, "comment": {"b": 2}, "clientToken": 3})) == 3
    assert len(wrong({f"f{number}": 1 for number in range(1_000)})) == NAMED_VIOLATIONS


@pytest.mark.parametrize("part", ['"', "a", "a ", '"\\', ",", ", ", "a :", '\\"'])
def test_a_hostile_body_of_a_megabyte_is_refused_at_once(part: str):
    # The suite's time limit would not let pass what looks at any part of it again and again.
    assert wrong((part * (1_000_000 // len(part))).encode())


@given(values)
def test_whatever_is_sent_is_read_or_refused(body: Any):
    written = json.dumps(body, allow_nan=False) if _is_json(body) else "NaN"
    try:
        found = read(written.encode("utf-8", "surrogatepass"), ANALYZE)
    except Refusal:
        return
    assert isinstance(found, dict)


def _is_json(body: Any) -> bool:
    try:
        json.dumps(body, allow_nan=False)
    except ValueError:
        return False
    return True
