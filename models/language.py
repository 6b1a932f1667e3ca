"""Which language a comment is written in, as far as that can be told.

Owns the question whether a release can judge a text at all. Three looks, each at what the one
before left over: common English words settle most English comments in some microseconds; a
script other than Latin names its language, or a family of them; what is left are Latin letters,
which `models.latin` tells apart by their n-grams.

Calling an English comment foreign may hold it, so that takes clear evidence. Whatever is short,
garbled, or close to a language that the release knows is left undetermined.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from models.latin import latin_languages

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

ENGLISH = "en"

#: Common words of English that are common in no other language, loan words left out.
ENGLISH_WORDS = frozenset(
    str.split(
        "about actually after again against ain't always another answer any anyone anything "
        "aren't around asked because been before being believe better between both but buy "
        "called came can't cannot could days did didn't different does doesn't doing don't "
        "down either every everyone everything first found from get gets getting give given "
        "going gonna good got gotta great guess hasn't have haven't having he's hear her "
        "here hey himself hope how i'd i'll i'm i've if into isn't it it's its just keep "
        "know later leave let's lets life look looking looks make makes making many means "
        "might much myself never nobody not nothing only other our own pay people please "
        "probably read ready really reason right said saying says seems she she's should "
        "shut since someone something such take takes tell thank thanks that that's thats "
        "the their them themselves then there these they they're thing things think this "
        "those though thought through told too took true trying until using very wait "
        "waiting wanna wants wasn't watch watching way we're we've well went were what "
        "what's when where which while who who's why wish with without woman women won't "
        "work working world worth would write wrong y'all yeah year years you you're young "
        "your yourself"
    )
)
#: English where so many of them are in the first part of the text, or one in so many words.
ENOUGH_ENGLISH_WORDS = 3
WORDS_FOR_ONE = 10
FIRST_CHARACTERS = 200
#: Letters that hardly any other language has. One in so many words is Vietnamese; without
#: its accents that reads like English (`thế`, `thật`, `thêm`).
VIETNAMESE = re.compile("[\u01a1\u01b0\u1ea0-\u1ef9]", re.IGNORECASE)
WORDS_FOR_ONE_VIETNAMESE = 2

#: What is of no language: addresses, mentions, hashtags, faces drawn with rare letters.
NOISE = re.compile(
    r"https?://\S+|www\.\S+|[@#]\S+|[\u0ca0\u10da\u30b7\u30c4\u30ce\u5f61\u76ca]"
)
WORD = re.compile(r"[^\W\d_]{2,}(?:'[^\W\d_]+)*")
LATIN_WORD = re.compile(r"[a-z\u00df-\u00f6\u00f8-\u024f\u1e00-\u1eff']{2,}")
ACCENT = re.compile("[\u00c0-\u024f\u1e00-\u1eff]")
#: Characters that are searched for words, and of these words so many bytes are enough.
SEARCHED_CHARACTERS = 500
ASKED_BYTES = 90
#: With fewer different words, or fewer letters in them, a text in Latin script is a name, a
#: shout, laughter, or anything at all.
LEAST_LATIN_WORDS = 3
LEAST_LATIN_LETTERS = 12

#: A language that is not known is named if the known ones together are at most so probable
#: and it is itself at least so probable …
KNOWN_AT_MOST = 0.05
NAMED_AT_LEAST = 0.5
#: … or if the known ones are not even that, and it is open only which of its sisters it is.
KNOWN_RULED_OUT = 0.01

FIRST_NON_LATIN = "\u0370"
#: From here on a letter is a syllable or a word, and weighs as two.
FIRST_IDEOGRAPH = "\u2e80"
#: Where the blocks of Unicode begin that belong to a language, or to the most written one of
#: its script; "" ends a block. https://www.unicode.org/Public/UNIDATA/Blocks.txt
BLOCKS = (
    ("\u0370", "el"),
    ("\u0400", "ru"),
    ("\u0530", "hy"),
    ("\u0590", "he"),
    ("\u0600", "ar"),
    ("\u0700", ""),
    ("\u0750", "ar"),
    ("\u0780", ""),
    ("\u0900", "hi"),
    ("\u0980", "bn"),
    ("\u0a00", "pa"),
    ("\u0a80", "gu"),
    ("\u0b00", "or"),
    ("\u0b80", "ta"),
    ("\u0c00", "te"),
    ("\u0c80", "kn"),
    ("\u0d00", "ml"),
    ("\u0d80", "si"),
    ("\u0e00", "th"),
    ("\u0e80", "lo"),
    ("\u0f00", "bo"),
    ("\u1000", "my"),
    ("\u10a0", "ka"),
    ("\u1100", "ko"),
    ("\u1200", "am"),
    ("\u13a0", ""),
    ("\u1780", "km"),
    ("\u1800", ""),
    ("\u1f00", "el"),
    ("\u2000", ""),
    ("\u3040", "ja"),
    ("\u3100", ""),
    ("\u3131", "ko"),
    ("\u3190", ""),
    ("\u31f0", "ja"),
    ("\u3200", ""),
    ("\u3400", "zh"),
    ("\ua000", ""),
    ("\uac00", "ko"),
    ("\ud7b0", ""),
    ("\uf900", "zh"),
    ("\ufb00", ""),
    ("\U00020000", "zh"),
    ("\U00032000", ""),
)
_BLOCK_STARTS = [start for start, _ in BLOCKS]
#: Letters that tell a language from the most written one of its script, in this order.
TELLING_LETTERS = {
    "ru": (
        ("uk", re.compile("[іїєґ]")),
        ("be", re.compile("[ў]")),
        ("mk", re.compile("[ѓќѕ]")),
        ("sr", re.compile("[јљњђћџ]")),
        ("kk", re.compile("[әғқңөұүһ]")),
        ("bg", re.compile("^(?=[^ыэё]*$).*ъ")),
    ),
    "ar": (("ur", re.compile("[ٹڈڑںےہھ]")), ("fa", re.compile("[پچژگکی]"))),
    # Chinese characters are Japanese where kana stand among them.
    "zh": (("ja", re.compile("[\u3041-\u3096\u30a1-\u30fa]{2}")),),
}


def prepare() -> None:
    """Load what `detect` needs: half a second, which else the first comments wait."""
    latin_languages()


def detect(
    posted: Sequence[str], normalised: Sequence[str], *, known: Collection[str]
) -> list[str | None]:
    """Return the language of each text (ISO 639-1), None where it cannot be told.

    Never raises; the time does not grow with the length of a text.

    Args:
        posted: the texts as posted.
        normalised: the same with evasion undone.
        known: languages that have the benefit of the doubt.
    """
    found: list[str | None] = []
    latin: dict[int, tuple[bytes, bytes]] = {}
    for index, (text, plain) in enumerate(zip(posted, normalised, strict=True)):
        language, letters = _look(text, plain)
        found.append(language)
        if letters:
            latin[index] = letters, _accented_words(text) or letters
    if latin:
        for index, language in zip(latin, _by_ngrams(latin.values(), known), strict=True):
            found[index] = language
    return found


def _look(posted: str, normalised: str) -> tuple[str | None, bytes]:
    """Return the language, or the letters that are still to be looked at closely."""
    if not posted.isascii() and _is_vietnamese(posted):
        return "vi", b""
    if _has_english_words(normalised):
        return ENGLISH, b""
    latin: list[str] = []
    others: list[str] = []
    for word in WORD.findall(NOISE.sub(" ", normalised[:SEARCHED_CHARACTERS])):
        (latin if word[0] < FIRST_NON_LATIN else others).append(word)
    weight = sum(1 + (letter >= FIRST_IDEOGRAPH) for word in others for letter in word)
    if weight > sum(map(len, latin)):
        return _by_script("".join(others)), b""
    different = set(latin)
    if len(different) < LEAST_LATIN_WORDS or sum(map(len, different)) < LEAST_LATIN_LETTERS:
        return None, b""
    return None, " ".join(latin).encode(errors="replace")[:ASKED_BYTES]


def _has_english_words(normalised: str) -> bool:
    words = normalised[:FIRST_CHARACTERS].split()
    hits = len(ENGLISH_WORDS.intersection(words))
    return hits >= ENOUGH_ENGLISH_WORDS or 0 < len(words) <= hits * WORDS_FOR_ONE


def _is_vietnamese(posted: str) -> bool:
    text = unicodedata.normalize("NFC", posted[:SEARCHED_CHARACTERS])
    letters = len(VIETNAMESE.findall(text))
    return letters > 0 and letters * WORDS_FOR_ONE_VIETNAMESE >= len(text.split())


def _accented_words(posted: str) -> bytes:
    """Return the words in Latin letters with their accents, if there is any accent."""
    if posted.isascii():
        return b""
    text = unicodedata.normalize("NFC", posted[:SEARCHED_CHARACTERS].lower())
    if not ACCENT.search(text):
        return b""
    return " ".join(LATIN_WORD.findall(NOISE.sub(" ", text))).encode()[:ASKED_BYTES]


def _by_script(letters: str) -> str | None:
    """Return the language that most letters belong to, None for a script of no such one."""
    blocks = Counter(bisect_right(_BLOCK_STARTS, letter) - 1 for letter in letters)
    languages: Counter[str] = Counter()
    for block, count in blocks.items():
        if block >= 0 and BLOCKS[block][1]:
            languages[BLOCKS[block][1]] += count
    if not languages:
        return None
    ((script, _),) = languages.most_common(1)
    for language, telling in TELLING_LETTERS.get(script, ()):
        if telling.search(letters):
            return language
    return script


def _by_ngrams(
    texts: Collection[tuple[bytes, bytes]], known: Collection[str]
) -> Iterator[str | None]:
    """Yield the language of each text, given without its accents and with them.

    Accents tell languages apart, and disguise words: a known language that is clear without
    them has precedence.
    """
    accented = [accents for letters, accents in texts if accents != letters]
    found = _clear_languages([*(letters for letters, _ in texts), *accented], known)
    with_accents = iter(found[len(texts) :])
    for language, (letters, accents) in zip(found, texts, strict=False):
        accented_language = language if accents == letters else next(with_accents)
        yield language if language in known else accented_language


def _clear_languages(texts: Sequence[bytes], known: Collection[str]) -> list[str | None]:
    """Return the most probable language of each text, None if it is not clear enough."""
    model = latin_languages()
    rows = model.probabilities(texts)
    best = rows.argmax(axis=1)
    is_known = np.array([language in known for language in model.languages])
    bars = np.where(rows.max(axis=1) >= NAMED_AT_LEAST, KNOWN_AT_MOST, KNOWN_RULED_OUT)
    clear = np.where(
        is_known[best],
        rows.max(axis=1) >= NAMED_AT_LEAST,
        rows[:, is_known].sum(axis=1) < bars,
    )
    return [
        model.languages[column] if is_clear else None
        for column, is_clear in zip(best.tolist(), clear.tolist(), strict=True)
    ]
