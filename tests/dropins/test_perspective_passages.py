"""What of a posted text is read, and where its sentences stand in what was posted."""

from __future__ import annotations

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.dropins.perspective.passages import MOST_SPANS, Passage, read_html, read_plain

#: Pieces of which comments are made, and what goes wrong in them.
PIECES = [
    *("a", "Zz", " ", "\n", ".", "! ", "?", "。", "é", "👍🏽", "<", ">", "&", ";", '"', "</>"),
    *("&amp;", "&lt", "&#128077;", "&notit;", "&nosuch;", "&#x41", "&nbsp;", "\r\n", "<!-- b"),
    *("<b>", "</b>", "<p>", "<br/>", "<script>", "</script>", "<style>", "</style>", "-->"),
]
mixed = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def sliced(passage: Passage) -> list[str]:
    """What a client cuts out that counts as JavaScript and Java do: in UTF-16 code units."""
    units = passage.posted.encode("utf-16-le")
    return [units[2 * b : 2 * e].decode("utf-16-le") for _, (b, e) in passage.sentences()]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One.", ["One."]),
        ("No end", ["No end"]),
        (" What is it? I like it! ", ["What is it?", "I like it!"]),
        ("all lower case. you too", ["all lower case.", "you too"]),
        ('"Really?!" she said... Yes.', ['"Really?!"', "she said...", "Yes."]),
        ("Version 2.5 of example.org/a.b costs 1.99", None),
        ("A line\nanother\n\n\na third", ["A line", "another", "a third"]),
        ("很好。真的吗？是！", ["很好。", "真的吗？", "是！"]),
        ("هل؟ نعم.", ["هل؟", "نعم."]),
        ("👍 ok. 👎 no.", ["👍 ok.", "👎 no."]),
    ],
)
def test_a_text_is_cut_into_sentences(text: str, sentences: list[str] | None):
    expected = sentences or [text]
    passage = read_plain(text)

    assert [one for one, _ in passage.sentences()] == expected
    assert sliced(passage) == expected


def test_offsets_count_utf_16_code_units():
    passage = read_plain("👍👍. é.")

    assert [place for _, place in passage.sentences()] == [(0, 5), (6, 8)]
    assert passage.whole() == (0, 8)


def test_the_spans_of_perspectives_own_example_are_the_same():
    passage = read_plain("What kind of idiot name is foo? Sorry, I like your name.")

    assert [place for _, place in passage.sentences()] == [(0, 31), (32, 56)]


@pytest.mark.parametrize(
    ("html", "seen"),
    [
        ("<p>One.</p><p>Two.</p>", ["One.", "Two."]),
        ("block<b>head</b>", ["blockhead"]),
        ("block<!-- hidden -->head", ["blockhead"]),
        ("a<script>evil('b. c')</script> d", ["a d"]),
        ("a<STYLE>p {x: y}</STYLE>b", ["ab"]),
        ("1 < 2 & 3 > 2", ["1 < 2 & 3 > 2"]),
        ("I &lt;3 you &#x1F44D;&amp;", ["I <3 you 👍&"]),
        ("line\nbreak is a gap", ["line break is a gap"]),
        ('<a href="x" title="not seen">seen</a>', ["seen"]),
        ("<script>all of it</script>", []),
        ("a<script>if (x < y) '</b>'", ["a"]),
        ("a <![CDATA[b]]> c <!doctype html> <? d ?> </> </ e> f", ["a  c     f"]),
        ("a <!--> b <!---> c <!-- d --!> e", ["a  b  c  e"]),
        ('a <b "> c', ["a  c"]),
        ('a <b ="> c', ["a  c"]),
        ("a <b title='>'> c <b title=>d", ["a  c d"]),
        ("a <b title=\"' c", ["a"]),
        ("a < b <3 c </", ["a < b <3 c </"]),
        ('a <b title=\u00a0"> c', ["a  c"]),
        ('a <b title=\0"> c', ["a  c"]),
        ("a\0 b", ["a b"]),
    ],
)
def test_html_is_read_as_a_reader_sees_it(html: str, seen: list[str]):
    assert [one for one, _ in read_html(html).sentences()] == seen


def test_spans_of_html_are_those_of_the_markup_as_posted():
    html = "<p>Fine 👍.</p>\n<p>You block<i>head</i> &amp; fool!</p>"

    assert sliced(read_html(html)) == ["Fine 👍.", "You block<i>head</i> &amp; fool!"]


@given(mixed)
def test_every_character_that_is_seen_of_html_has_its_place(html: str):
    passage = read_html(html)

    assert len(passage.places) == len(passage.text)
    before = 0
    for char, (begin, end) in zip(passage.text, passage.places, strict=True):
        assert before <= begin < end <= len(html)
        before = begin
        assert char.isspace() or char in unescape(html[begin:end])


@pytest.mark.parametrize(
    "part",
    [
        "<",
        "<a ",
        "<a b='",
        '<a b="',
        "<!--",
        "<![",
        "</",
        "<?",
        "<script>",
        "&",
        "&a",
        "a=",
        ".",
        '."',
        ".)",
        "\n",
        "。",
        "a ",
    ],
)
def test_a_hostile_text_is_read_at_once(part: str):
    # The suite's time limit would not let pass what looks at any part of it again and again.
    text = part * (200_000 // len(part))

    for passage in (read_plain(text), read_html(text), read_html(f"<a {text}")):
        assert len(passage.sentences()) <= MOST_SPANS


@given(mixed)
def test_no_character_that_is_seen_is_outside_all_sentences(text: str):
    passage = read_plain(text)

    assert "".join("".join(sliced(passage)).split()) == "".join(text.split())


def test_of_a_text_with_very_many_sentences_neighbours_share_a_span():
    passage = read_plain("A. " * 1_234)

    found = passage.sentences()

    assert len(found) <= MOST_SPANS
    assert found[0][1][0] == 0
    assert found[-1][1][1] == 3 * 1_234 - 1
