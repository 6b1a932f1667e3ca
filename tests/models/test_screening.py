"""Screening a batch finds every text that the normaliser would change."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from models.screening import FEWEST_SCREENED, first_stages, normalise_all
from models.text import ASCII_STAGES, normalise

NOTHING = len(ASCII_STAGES)

#: Characters that the stages are about, far more often than in life.
tricky = st.lists(st.text(alphabet="abls1@$!|0. -_'*/,~x\n5éеA", max_size=16), max_size=12)


@settings(max_examples=300)
@given(tricky)
def test_a_batch_is_normalised_as_its_texts_are_one_by_one(texts: list[str]) -> None:
    many = texts * FEWEST_SCREENED
    assert normalise_all(many) == [normalise(text) for text in many]


@settings(max_examples=100)
@given(st.lists(st.text(max_size=40), max_size=6))
def test_so_it_is_whatever_the_characters(texts: list[str]) -> None:
    many = texts * FEWEST_SCREENED
    assert normalise_all(many) == [normalise(text) for text in many]


def test_ordinary_texts_are_left_alone() -> None:
    ordinary = [
        "thank you for this article, it was a pleasure to read.",
        "is it open at 10 or at 12? i will be there...",
        "i am a teacher - and a reader!!!",
        "",
    ]

    assert first_stages(ordinary) == [NOTHING] * len(ordinary)


def test_each_trick_is_met_by_its_stage() -> None:
    assert first_stages(["i d i o t", "1diot", "idiiiot", "wow!!!!"]) == [0, 1, 2, 2]


def test_what_one_text_has_is_not_found_in_its_neighbours() -> None:
    assert first_stages(["an a", "b c d", "end 1", "a", "zz", "z"]) == [
        NOTHING,
        0,
        NOTHING,
        NOTHING,
        NOTHING,
        NOTHING,
    ]
