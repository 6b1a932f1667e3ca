from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.marks import Kind, Mark, Piece, cut, list_marks, score_marks


def spans(*ones: tuple[int, int, str, float]) -> list[Mark]:
    names = ("begin", "end", "category", "score")
    return score_marks(dict(zip(names, one, strict=True)) for one in ones)


def marked(text: str, *words: str) -> list[str]:
    return [text[mark.begin : mark.end] for mark in list_marks(text, words)]


def test_marks_fall_on_code_points_and_the_stronger_one_wins() -> None:
    marks = spans((2, 6, "insult", 0.9), (4, 9, "identity_attack", 0.5), (20, 99, "spam", 0.9))
    assert cut("\U0001f642 fool!!! ok", marks) == [
        Piece("\U0001f642 "),
        Piece("fool", Kind.SCORE, "insult 0.90", "insult"),
        Piece("!!!", Kind.SCORE, "identity attack 0.50", "identity_attack"),
        Piece(" ok"),
    ]


def test_a_word_of_a_list_wins_over_any_score() -> None:
    text = "what a fool you are"
    marks = [*spans((5, 11, "insult", 0.99)), *list_marks(text, ["Fool"])]
    assert [(piece.text, piece.kind) for piece in cut(text, marks)] == [
        ("what ", Kind.PLAIN),
        ("a ", Kind.SCORE),
        ("fool", Kind.LIST),
        (" you are", Kind.PLAIN),
    ]


def test_no_text_has_no_pieces() -> None:
    assert cut("", spans((0, 3, "spam", 0.5))) == []


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("Such a FOOL, foolish fools!", ["fool"], ["FOOL"]),
        ("cheap   Watches here", ["cheap watches"], ["cheap   Watches"]),
        ("STRASSE und Straße", ["straße"], ["STRASSE", "Straße"]),
        ("ßßß fool", ["fool"], ["fool"]),
        ("İİ\U0001f642 fool", ["fool"], ["fool"]),
        ("买便宜手表吧", ["便宜手表"], ["便宜手表"]),
        ("so ugly \U0001f595\U0001f595", ["\U0001f595"], ["\U0001f595", "\U0001f595"]),
        ("nothing of it", ["fool", "", "..."], []),
    ],
)
def test_words_of_a_list_are_found_where_they_stand(
    text: str, words: list[str], found: list[str]
) -> None:
    assert marked(text, *words) == found


@given(
    st.text(max_size=40),
    st.lists(
        st.tuples(st.integers(-2, 50), st.integers(-2, 50), st.just("spam"), st.floats(0, 1))
    ),
)
def test_the_pieces_are_the_text_whatever_the_marks(
    text: str, ones: list[tuple[int, int, str, float]]
) -> None:
    assert "".join(piece.text for piece in cut(text, spans(*ones))) == text


@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 30), st.just("spam"), st.floats(0, 1)),
        min_size=1,
    )
)
def test_every_place_shows_its_strongest_mark(ones: list[tuple[int, int, str, float]]) -> None:
    shown: list[str] = []
    for piece in cut("x" * 30, spans(*ones)):
        shown += [piece.label] * len(piece.text)
    assert len(shown) == 30
    for place, label in enumerate(shown):
        scores = [score for begin, end, _, score in ones if begin <= place < end]
        assert label == (f"spam {max(scores):.2f}" if scores else "")


def test_many_overlapping_marks_take_no_long_time() -> None:
    text = "ab " * 7_000
    ones = [(at, len(text) - at, "spam", at / len(text)) for at in range(10_000)]
    began = time.thread_time()
    cut(text, spans(*ones))
    list_marks(text, ["ab", "ab ab ab"])
    assert time.thread_time() - began < 2
