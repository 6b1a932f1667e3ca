"""The normaliser: evasion is undone, everything else is left in peace."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.text import normalise, normalise_with_offsets

any_text = st.text(alphabet=st.characters(exclude_categories=()), max_size=200)
tricky_text = st.text(
    alphabet="aеsS1!@$ .-*\u200b\u0301\u0300ß\u0130ㅋ한م\ud800😀ﬁ\n", max_size=60
)


@pytest.mark.parametrize(
    ("posted", "read"),
    [
        ("N I T W I T", "nitwit"),
        ("you n.i.t.w.i.t", "you nitwit"),
        ("n-i-t-w-i-t!", "nitwit!"),
        ("n1tw1t", "nitwit"),
        ("b@dly dre$$ed", "badly dressed"),
        ("$illy @ss", "silly ass"),
        ("sh!p", "ship"),
        ("niiiitwit", "nitwit"),
        ("silllly", "silly"),
        ("nіtwіt", "nitwit"),
        ("y o u   n i t w i t", "you nitwit"),
        ("what a big\u0435gg, \u0441\u043e\u0440 says", "what a bigegg, cop says"),
        ("wi66le", "wiggle"),
        ("n\u200bi\u200bt\u00adwit", "nitwit"),
        ("n\u0336i\u0335t\u0334w\u0301i\u0302t", "nitwit"),
        ("𝓷𝓲𝓽𝔀𝓲𝓽", "nitwit"),
        ("ｎｉｔｗｉｔ", "nitwit"),
        ("ⓝⓘⓣⓦⓘⓣ", "nitwit"),
    ],
)
def test_evasion_is_undone(posted: str, read: str) -> None:
    assert normalise(posted) == read


@pytest.mark.parametrize(
    "text",
    [
        "i give it 3 a 5 of 10",
        "a b",
        "the u.s.a. and the u.k. agree",
        "mp3, h1n1, covid19, b2b, 4k, 5pm, 10k, 2nd",
        "see https://example.org/a1b?x=y1z&q=a1b for more",
        "write to j0hn.d0e@example.org",
        "thanks @user123 and @anna",
        "it costs $100 or 3,50",
        "what?! no... well",
        "the world wide web is www.example.org",
        "it's what he'd say",
        "книга о мире",
        "το βιβλίο",
        "مرحبا بالعالم",
        "你好，世界",
        "नमस्ते दुनिया",
        "안녕하세요 ㅋㅋ",
        "สวัสดีครับ",
        "שלום עולם",
    ],
)
def test_ordinary_text_of_any_script_stays_as_it_is(text: str) -> None:
    assert normalise(text) == normalise(text.upper()) or not text.isascii()
    # Full-width punctuation is all that changes here.
    assert normalise(text) == text.replace("，", ",")


def test_accents_on_latin_letters_are_folded() -> None:
    assert normalise("Für Ærø, à São Paulo, Đà Nẵng") == "fur æro, a sao paulo, da nang"


def test_words_are_kept_apart_by_single_spaces() -> None:
    assert normalise("  one\n\ntwo\u00a0\tthree ") == "one two three"


def test_a_cyrillic_word_is_not_taken_for_a_latin_one() -> None:
    assert normalise("сор") == "сор"


def test_lone_surrogates_become_replacement_characters() -> None:
    assert normalise("a \ud800 b").encode() == "a \ufffd b".encode()


@settings(max_examples=300)
@given(any_text | tricky_text)
def test_any_text_can_be_normalised_and_encoded(text: str) -> None:
    normalised = normalise(text)

    normalised.encode()
    assert "  " not in normalised


@settings(max_examples=300)
@given(any_text | tricky_text)
def test_the_text_with_offsets_is_the_text_without(text: str) -> None:
    tracked = normalise_with_offsets(text)

    assert tracked.text == normalise(text)
    assert len(tracked.begins) == len(tracked.ends) == len(tracked.text)
    assert all(
        0 <= begin < end <= len(text)
        for begin, end in zip(tracked.begins, tracked.ends, strict=True)
    )
    assert tracked.begins == sorted(tracked.begins)


def test_offsets_point_at_the_text_as_posted() -> None:
    posted = "😀😀 Niiice \u200bn.i.t.w.i.t, really"
    tracked = normalise_with_offsets(posted)

    begin = tracked.text.index("nitwit")

    assert posted[tracked.begins[begin] : tracked.ends[begin + 5]] == "n.i.t.w.i.t"


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "a ",
        "a.",
        "a!",
        "$@",
        "1a",
        " ",
        "\u0301\u0316",
        "x\u0301",
        "a\u200b",
        "aа",
        "ﷺ",
        "\ud800",
    ],
)
def test_work_grows_in_step_with_the_length(unit: str) -> None:
    # Counted in steps of the interpreter and of every callback, not in seconds.
    short, long = (_calls(unit * (size // len(unit))) for size in (2_000, 20_000))

    assert long <= 11 * short


def _calls(text: str) -> int:
    """Return how many function calls normalising takes, plus one for each pass."""
    count = 0

    def trace(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(trace)
    try:
        normalise(text)
    finally:
        sys.setprofile(None)
    return max(count, 100)
