from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moderation.hostile import MOST_MARKS, one_line, pieces
from moderation.marks import Kind, list_marks, score_marks

DIRECTING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
CONTROLS = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
#: Letters, marks, joiners and directing characters, close together.
NASTY = st.text(
    st.one_of(
        st.sampled_from(
            "ab \n\t\u0301\u0489\u20e3\u200b\u200d\u202e\u2066\ufe0f\u034f\u0915\u094d"
        ),
        st.sampled_from(
            "\u2764\U0001f525\U0001f3fd\U0001f1e6\U0001f3f4\U000e0067\x00\x1b\ufffc"
        ),
        st.characters(),
    ),
    max_size=60,
)


def shown(text: str) -> str:
    """The text with what is hidden in it as a moderator sees it."""
    return "".join(piece.text for piece in pieces(text))


@pytest.mark.parametrize(
    ("text", "as_shown"),
    [
        ("pay \u202eecalp\u202c here", "pay ⟨RLO⟩ecalp⟨PDF⟩ here"),
        ("\u2067\u2066\u202a a \u2069", "⟨RLI LRI LRE⟩ a ⟨PDI⟩"),
        ("\u200e\u200f\u061c", "⟨LRM RLM ALM⟩"),
        ("id\u200bi\u200cot", "id⟨ZWSP⟩i⟨ZWNJ⟩ot"),
        ("a\u200b\u200b\u200bb", "a⟨ZWSP×3⟩b"),
        ("\ufeffa\u2060b\u00adc", "⟨BOM⟩a⟨WJ⟩b⟨SHY⟩c"),
        ("a\x00b\x1bc\x7fd\x85e", "a⟨NUL⟩b⟨ESC⟩c⟨DEL⟩d⟨NEL⟩e"),
        ("a\u2028b\u2029c", "a⟨U+2028⟩b⟨U+2029⟩c"),
        ("\u3164\u115f\u1160\uffa0", "⟨U+3164 U+115F U+1160 …⟩"),
        ("a\u2800\u2800b", "a⟨U+2800×2⟩b"),
        ("a\U000e0041\U000e0042b", "a⟨U+E0041 U+E0042⟩b"),
        ("a\ufe0f\ufe0eb", "a⟨VS16 VS15⟩b"),
        ("\u2764\ufe0f\ufe0f\ufe0f", "\u2764\ufe0f⟨VS16×2⟩"),
        ("a\ue000b\U0010ffffc", "a⟨U+E000⟩b⟨U+10FFFF⟩c"),
        ("a\ud800b", "a⟨U+D800⟩b"),
        ("\u0301a", "⟨+1 marks⟩a"),
        ("a\n\u0301b", "a\n⟨+1 marks⟩b"),
        ("Z" + "\u0335" * 200 + "a", "Z\u0335\u0335\u0335⟨+197 marks⟩a"),
        ("Z" + "\u0335\u034f" * 200, "Z\u0335⟨CGJ⟩\u0335⟨CGJ⟩\u0335⟨CGJ×198 +197 marks⟩"),
    ],
)
def test_what_hides_or_disturbs_is_made_visible(text: str, as_shown: str) -> None:
    assert shown(text) == as_shown


@pytest.mark.parametrize(
    "text",
    [
        "plain words,\n\n  a verse\twith a tab\r\nand \u00a0spaces\u3000of all kinds",
        "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f9d1\U0001f3fd\u200d\U0001f680",
        "\u2764\ufe0f\u200d\U0001f525 \U0001f3f3\ufe0f\u200d\U0001f308",
        "\u2640\ufe0f \u203c\ufe0f 1\ufe0f\u20e3 #\ufe0f\u20e3",
        "\u00a9\ufe0f \u2764\ufe0e \U0001f1eb\U0001f1f7",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "\U0001fae8 \U0001fabf",  # newer than Python's tables
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u0628\u200c\u0647\u0627",
        "\u0936\u094d\u200d\u0930\u0940 \u0dc1\u0dca\u200d\u0dbb\u0dd3 \u0d28\u0d4d\u200d",
        "Ti\u1ebfng Vi\u1ec7t, Tie\u0302\u0301ng Vie\u0323\u0302t",
        "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd \u0627\u0644\u0633\u064e\u0651",
        "\u1019\u103c\u103e\u1031\u102c\u1004\u1037\u103a \u0e17\u0e35\u0e48\u0e19\u0e35\u0e48",
        "\u0604\u0661\u0662 \u06dd\u0663",
        "\u845b\U000e0100\u98fe\u5317 \U00020bb7\u91ce\u5bb6",
        "\u1820\u180b\u1828",
    ],
)
def test_honest_text_of_any_script_stays_as_it_is(text: str) -> None:
    assert [(piece.text, piece.kind) for piece in pieces(text)] == [(text, Kind.PLAIN)]


def test_what_is_hidden_is_told_in_words() -> None:
    (_, hidden, _) = pieces("a\u202e\u202eb")
    assert hidden.kind is Kind.HIDDEN
    assert hidden.label == "hidden here: right-to-left override"


def test_hidden_characters_show_inside_a_marked_word() -> None:
    span = {"begin": 2, "end": 7, "category": "insult", "score": 0.9}
    cut = pieces("a fo\u200bol b", score_marks([span]))
    assert [(piece.text, piece.kind) for piece in cut] == [
        ("a ", Kind.PLAIN),
        ("fo", Kind.SCORE),
        ("⟨ZWSP⟩", Kind.HIDDEN),
        ("ol", Kind.SCORE),
        (" b", Kind.PLAIN),
    ]


@given(NASTY)
@example("a\u0301\u200d\u0301\u200d\u0301\u200d\u0301")
def test_nothing_that_is_shown_turns_or_towers(text: str) -> None:
    out = shown(text)
    assert not DIRECTING.search(out)
    assert not CONTROLS.search(out)
    out.encode("utf-8")
    for line in (out, *(piece.text for piece in pieces(text))):
        assert longest_stack(line) <= MOST_MARKS


@given(NASTY)
def test_nothing_visible_is_lost(text: str) -> None:
    kept = "".join(piece.text for piece in pieces(text) if piece.kind is not Kind.HIDDEN)
    assert is_subsequence(kept, text)
    for char in text:
        if (
            unicodedata.category(char)[0] in "LNPS"
            and char not in "\u115f\u1160\u3164\uffa0\u2800\ufffc"
        ):
            assert kept.count(char) == text.count(char)


@given(NASTY, st.integers(2, 30))
def test_one_line_is_one_line_and_no_longer_than_it_may_be(text: str, most: int) -> None:
    line = one_line(text, most)
    assert len(line) <= most
    assert line.splitlines() in ([], [line])
    assert not DIRECTING.search(line)
    assert longest_stack(line) <= MOST_MARKS


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Mia", "Mia"),
        ("  two\r\n\r\nlines\u2028 and\u3000more ", "two lines and m…"),
        ("Adm\u200bin", "Adm⟨ZWSP⟩in"),
        ("\u202egnp.exe", "⟨RLO⟩gnp.exe"),
        ("fifteen letters e\u0301x", "fifteen letters…"),
        ("fifteen letter e\u0301xx", "fifteen letter…"),
        ("fourteen flags \U0001f1eb\U0001f1f7", "fourteen flags…"),
        ("thirteen one \U0001f469\u200d\U0001f680 two", "thirteen one…"),
        (" \n ", ""),
    ],
)
def test_names_and_titles_stand_on_one_line(text: str, line: str) -> None:
    assert one_line(text, 16) == line


@pytest.mark.parametrize(
    "unit",
    [
        "word ",
        "a\u0301\u0301\u0301\u0301",
        "\u200b",
        "a\u202e",
        "\U0001f469\u200d",
        "\u0915\u094d\u200d",
    ],
)
def test_a_text_of_eight_times_the_length_takes_nowhere_near_64_times_as_long(
    unit: str,
) -> None:
    words = [f"word{number}" for number in range(100)]

    def seconds(characters: int) -> float:
        text = (unit * characters)[:characters]
        began = time.thread_time()
        pieces(text, list_marks(text, words))
        one_line(text, 80)
        return time.thread_time() - began

    short, long = (min(seconds(length) for _ in range(5)) for length in (2_500, 20_000))
    assert long < 30 * short


def longest_stack(text: str) -> int:
    longest = current = 0
    for char in text:
        category = unicodedata.category(char)
        current = current + 1 if category in {"Mn", "Me"} and not is_selector(char) else 0
        longest = max(longest, current)
    return longest


def is_selector(char: str) -> bool:
    return unicodedata.name(char, "").startswith(("VARIATION SELECTOR", "MONGOLIAN FREE"))


def is_subsequence(part: str, whole: str) -> bool:
    rest = iter(whole)
    return all(char in rest for char in part)
