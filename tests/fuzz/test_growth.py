"""The work of every reader grows as its input does, however that is made.

Compares an input with one that is sixteen times as long, in the same run: linear work is about
sixteen times as much, quadratic work 256 times.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from models.features import HashedNgrams
from models.screening import normalise_all
from models.text import normalise, normalise_with_offsets
from moderation import hostile
from moderation.dropins.akismet.forms import UnreadableFormError, read_form
from moderation.dropins.perspective import payload
from moderation.dropins.perspective.passages import read_html
from moderation.dropins.perspective.refusals import Refusal
from moderation.dropins.plain_text import plain_text
from moderation.policy import text_fingerprint
from moderation.wordlists import WordList
from tests.fuzz.fragments import CHARACTERS, SPELLINGS, SYNTAX

SHORT, TIMES = 800, 16
#: Far from both: a machine that does other things at the time may be off by a factor of four.
MOST_GROWTH = 90
#: Below it a difference is that of the clock.
LEAST_S = 0.000_2
#: Entries that a text can nearly be, again and again.
NEARLY = ["a " * 60 + "b", "a" * 150 + "b", "漢" * 150 + "b", "word word word bad", "👍👍👍b"]
LISTED = WordList([*NEARLY, *(("a " * words).strip() for words in range(1, 60))], normalise)
NGRAMS = HashedNgrams(char_bits=12, word_bits=12)


def _perspective(text: str) -> None:
    with suppress(Refusal):
        payload.read(text.encode("utf-8", "replace"), "AnalyzeCommentRequest")


def _akismet(text: str) -> None:
    with suppress(UnreadableFormError):
        read_form(b"", text.encode("utf-8", "replace"))


READERS: dict[str, Callable[[str], object]] = {
    "normaliser": normalise,
    "normaliser with offsets": normalise_with_offsets,
    "normaliser of batches": lambda text: normalise_all([text] * 8),
    "features": lambda text: NGRAMS.transform([text]),
    "word list": lambda text: LISTED.find(text, text),
    "places of a word list": lambda text: list(LISTED.places(text)),
    "shown text": hostile.pieces,
    "one line": lambda text: hostile.one_line(text, 80),
    "fingerprint": text_fingerprint,
    "HTML": plain_text,
    "sentences": lambda text: read_html(text).sentences(),
    "Perspective's JSON": _perspective,
    "Akismet's form": _akismet,
}


def growth(read: Callable[[str], object], unit: str) -> float:
    """How many times as much work sixteen times the text is."""
    long = (unit * (SHORT * TIMES))[: SHORT * TIMES]
    return _seconds(read, long) / max(_seconds(read, long[:SHORT]), LEAST_S)


def _seconds(read: Callable[[str], object], text: str) -> float:
    best = float("inf")
    for _ in range(2):
        began = time.thread_time()
        read(text)
        best = min(best, time.thread_time() - began)
    return best


@pytest.mark.parametrize("reader", READERS)
def test_work_grows_as_the_text_does(reader: str) -> None:
    units = (*CHARACTERS, *SPELLINGS, *SYNTAX)[::6]
    worst = max((growth(READERS[reader], unit), unit) for unit in units)

    if worst[0] >= MOST_GROWTH:  # once more, alone: the machine may have been busy
        worst = growth(READERS[reader], worst[1]), worst[1]
    assert worst[0] < MOST_GROWTH, f"{worst[0]:.0f} times the work for {worst[1]!r}"


def test_what_grows_faster_is_found_out() -> None:
    def every_pair(text: str) -> list[int]:
        return [at for at in range(len(text)) for _ in text[::20]]

    assert growth(every_pair, "ab") >= MOST_GROWTH
