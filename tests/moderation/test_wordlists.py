"""Word lists with the release's own normaliser, as workers use them."""

from __future__ import annotations

import sys
import time

import pytest

from models.text import normalise
from moderation.wordlists import WordList


def found(entries: list[str], text: str) -> list[str]:
    return WordList(entries, normalise).find(text, normalise(text))


@pytest.mark.parametrize(
    "text",
    [
        "plonker",
        "Plonker!",
        "(PLONKER)",
        "you,plonker,you",
        "a\nplonker\tb",
        "plonker's",
        "«plonker»",
    ],
)
def test_a_whole_word_is_found_whatever_stands_beside_it(text: str):
    assert found(["plonker"], text) == ["plonker"]


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("ass", "a classic assessment of the assassin's passage in Sussex"),
        ("tit", "the title of the constitution"),
        ("hell", "hello from the shell in Michelle's shellfish"),
        ("cock", "a peacock drinks a cocktail in Hancock"),
        ("scam", "we scamper past the scampi"),
        ("con", "a concert in the second convent"),
        ("sex", "Essex, Sussex and Middlesex"),
        ("bad boy", "a bad little boy; boy, bad"),
    ],
)
def test_it_is_never_found_inside_innocent_words(entry: str, text: str):
    assert found([entry], text) == []


@pytest.mark.parametrize(
    "text",
    [
        "p l o n k e r",
        "p.l.o.n.k.e.r",
        "P-L-O-N-K-E-R",
        "pl0nker",
        "plonk3r",
        "pl\u200bon\u200dker",
        "plonk\u0435r",
        "рlоnkеr",
        "ｐｌｏｎｋｅｒ",
        "𝐩𝐥𝐨𝐧𝐤𝐞𝐫",
        "plönker",
        "plonkkkker",
        "p\u0336l\u0336o\u0336n\u0336k\u0336e\u0336r\u0336",
    ],
)
def test_evasion_does_not_help(text: str):
    assert found(["plonker"], f"you {text} you") == ["plonker"]


def test_phrases_are_found_across_spaces_and_signs():
    assert found(["free money"], "get FREE   money now") == ["free money"]
    assert found(["free money"], "free-money!") == ["free money"]
    assert found(["free money"], "money free") == []


@pytest.mark.parametrize(
    ("entry", "text"), [("笨蛋", "你是个笨蛋吗"), ("ばか", "それはばかだ"), ("โง่", "คุณโง่มาก")]
)
def test_scripts_without_spaces_are_searched_anywhere(entry: str, text: str):
    assert found([entry], text) == [entry]


def test_an_emoji_is_found():
    assert found(["🍆"], "for you 🍆🍆") == ["🍆"]
    assert found(["🍆"], "for you 🍇") == []


def test_each_entry_is_named_once_in_the_lists_own_spelling():
    assert found(["PlonKer"], "plonker plonker PLONKER pl0nker") == ["PlonKer"]


@pytest.mark.parametrize("nothing", [[], ["", " ", "***"]])
def test_entries_without_anything_in_them_match_nothing(nothing: list[str]):
    assert found(nothing, "plain text, nothing else") == []


def test_the_cost_does_not_grow_with_the_length_of_the_list():
    text = "an ordinary sentence about the weather in the north " * 50
    normalised = normalise(text)

    def seconds(entries: int) -> float:
        words = WordList([f"word{n}" for n in range(entries)], str.lower)
        best = 9.0
        for _ in range(5):
            started = time.thread_time()
            words.find(text, normalised)
            best = min(best, time.thread_time() - started)
        return best

    assert seconds(10_000) < 5 * seconds(10) + 0.002


def steps(entries: list[str], text: str) -> int:
    """How many lines of Python it takes to search a text: counted, not timed."""
    words = WordList(entries, str.lower)
    counted = 0

    def trace(_frame: object, event: str, _argument: object):
        nonlocal counted
        counted += event == "line"
        return trace

    sys.settrace(trace)
    try:
        words.find(text, text)
    finally:
        sys.settrace(None)
    return counted


@pytest.mark.parametrize(
    ("entries", "text"),
    [
        (["a " * words + "b" for words in range(1, 99)], "a " * 500),
        (["a" * 199 + "b", "漢" * 199 + "b"], "漢" * 1_000),
        ([("a " * words).strip() for words in range(1, 99)], "a " * 500),
        (["漢" * length for length in range(1, 199)], "漢" * 1_000),
    ],
    ids=["nearly phrases", "nearly a long one", "phrases in phrases", "one in another"],
)
def test_a_list_of_entries_that_begin_alike_costs_no_more(entries: list[str], text: str):
    assert steps(entries, text) < 30 * len(text)


def test_an_entry_inside_another_is_found_too():
    assert found(["new york times", "york", "times", "york city"], "the New York Times") == [
        "york",
        "new york times",
        "times",
    ]


def test_after_a_near_match_the_next_entry_is_not_missed():
    assert found(["a b c d", "b c x", "漢字典", "字源"], "a b c x 漢字源") == ["字源", "b c x"]
