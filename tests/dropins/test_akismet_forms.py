"""Forms in whatever charset a blog has."""

from __future__ import annotations

from urllib.parse import quote_from_bytes

import pytest

from moderation.dropins.akismet.forms import MOST_FIELDS, UnreadableFormError, read_form


def written(text: str, charset: str) -> bytes:
    return b"text=" + quote_from_bytes(text.encode(charset)).encode()


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("utf-8", "Füße 🙂"),
        ("iso-8859-1", "Füße"),
        ("windows-1252", "“Füße”"),
        ("KOI8-R", "чайник"),
        ("Shift_JIS", "図書館"),
        ("EUC-KR", "도서관"),
        ("GBK", "图书馆"),
        ("Big5", "圖書館"),
    ],
)
def test_a_text_arrives_in_the_blogs_charset(charset: str, text: str) -> None:
    body = written(text, charset)

    assert read_form(b"", body, charset=charset)["text"] == text
    assert read_form(b"", body + f"&blog_charset={charset}".encode())["text"] == text


def test_what_is_utf_8_is_read_so_whatever_is_declared() -> None:
    body = written("Füße", "utf-8")

    assert read_form(b"", body + b"&blog_charset=ISO-8859-1")["text"] == "Füße"


@pytest.mark.parametrize(
    "charset", ["", "klingon", "cp1", "unicode_escape", "zlib", "rot13", "punycode", "utf-7"]
)
def test_what_nobody_can_read_is_marked(charset: str) -> None:
    assert read_form(b"", b"text=F%FC%5Cu0041", charset=charset)["text"] == "F\ufffd\\u0041"


def test_bytes_that_are_not_escaped_are_read_as_well() -> None:
    assert read_form(b"", "text=Füße+und+mehr".encode())["text"] == "Füße und mehr"


def test_nul_is_left_out() -> None:
    assert read_form(b"", b"text=cas%00ino\0s")["text"] == "casinos"


def test_the_body_goes_before_the_query() -> None:
    fields = read_form(b"a=query&b=query", b"b=body&c=")

    assert fields == {"a": "query", "b": "body", "c": ""}


def test_a_field_without_a_value_is_empty() -> None:
    assert read_form(b"", b"user_role&blog=x") == {"user_role": "", "blog": "x"}


def test_more_fields_than_any_client_sends() -> None:
    most = b"&".join(b"f%d=" % number for number in range(MOST_FIELDS))

    assert len(read_form(b"", most)) == MOST_FIELDS
    with pytest.raises(UnreadableFormError):
        read_form(b"one=more", most)
