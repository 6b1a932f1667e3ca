"""What is packed comes out as it was, and what is no pack is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.encoding import compact_json
from moderation.record.comment_hash import fields_of, packed
from moderation.record.packing import MOST_BYTES, pack, unpack
from tests.fakes import RUDE

#: JSON is encoded as UTF-8: lone halves of a pair never get this far.
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@given(text=WORDS, name=WORDS)
def test_what_is_packed_comes_out_as_it_was(text: str, name: str) -> None:
    content = compact_json({"text": text, "author": {"id": "1", "name": name}})
    decision = compact_json({"revision": 1, "action": "hold", "detail": text})

    assert unpack(pack(content, decision)) == (content, decision)


@given(comment=WORDS, article=WORDS, text=WORDS)
def test_the_hash_reads_as_if_nothing_were_packed(
    comment: str, article: str, text: str
) -> None:
    content = compact_json({"text": text})
    decision = compact_json(
        {"comment_id": comment, "article_id": article, "revision": 1, "action": "approve"}
    )
    stored = packed(comment, article, content, decision)
    assert isinstance(stored, bytes)

    fields = fields_of(comment, {b"article": article.encode(), b"packed": stored})

    assert fields["content"] == content
    assert json.loads(fields["decision:1"]) == json.loads(decision)


def test_a_comment_of_some_length_takes_less_than_half() -> None:
    content = compact_json({"text": f"{RUDE} is what I say of the library. " * 6})
    decision = compact_json({"action": "approve", "scores": dict.fromkeys("abcdefg", 0.0123)})

    assert len(pack(content, decision)) < (len(content) + len(decision)) / 2


def test_a_decision_about_another_comment_is_not_packed() -> None:
    decision = compact_json({"comment_id": "other", "article_id": "a", "action": "hold"})

    assert packed("mine", "a", "{}", decision) == ""


@pytest.mark.parametrize(
    "damaged",
    [b"", b"\x00", b"\xff" * 20, pack("{}", "{}")[:-2], b"\x01" + b"plain text", b"{}"],
)
def test_what_is_no_pack_is_refused(damaged: bytes) -> None:
    with pytest.raises(ValueError, match="pack"):
        unpack(damaged)


def test_what_swells_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match="far too long"):
        unpack(pack("x" * (MOST_BYTES + 1), "{}"))


def test_a_damaged_comment_is_as_if_it_were_gone(caplog: pytest.LogCaptureFixture) -> None:
    fields = fields_of("c1", {b"article": b"a", b"revision": b"1", b"packed": b"\x01nonsense"})

    assert "content" not in fields
    assert fields["revision"] == "1"
    assert "c1" in caplog.text
