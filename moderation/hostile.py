"""Hostile text made safe to show: what hides, turns or towers is made visible instead.

Escaping keeps markup from running; this keeps characters from lying. A right-to-left override
turns the words after it round, a zero-width space splits a word unseen, two hundred accents
on one letter climb over the line above. Emoji, and joiners inside words of scripts that need
them, stay as they are.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from itertools import islice

from moderation.marks import Kind, Mark, Piece, cut

#: Combining marks that stay on one letter. Vietnamese needs two, Hebrew three.
MOST_MARKS = 3
#: So many different characters are named where several hide side by side.
MOST_NAMES = 3
#: How far a cut moves back so that it falls between two characters as a reader sees them.
MOST_BACK = 16
ELLIPSIS = "…"

# What a character is to the reader, a letter each. At work is one that is unseen but needed.
_SEEN, _MARK, _EXCESS, _UNSEEN, _AT_WORK, _BREAK = "smxuab"
_HIDDEN = re.compile(f"[{_UNSEEN}{_EXCESS}]+")

#: Blank though Unicode does not say so: fillers, the empty braille cell, the object sign;
#: selectors and inherent vowels that Unicode counts among the marks.
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\ufffc"
    "\U000e0100-\U000e01ef]"
)
#: Formatting characters that are drawn: signs over numbers in Arabic, Syriac and Kaithi.
_DRAWN = re.compile("[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd]")
#: Blocks where a newer Unicode than Python's has emoji and ideographs.
_GROWING = re.compile("[\U0001f000-\U0001faff\U00020000-\U0002fffd\U00030000-\U0003fffd]")

_EMOJI = (
    "[#*0-9\u203c\u2049\u2100-\u2bff\u3030\u303d\u3297\u3299\u00a9\u00ae\U0001f000-\U0001faff]"
)
_TONE = "[\U0001f3fb-\U0001f3ff]"
#: Scripts whose letters join or stay apart by U+200C and U+200D: Arabic to N'Ko, the Indic
#: ones, Myanmar, Khmer, Mongolian.
_JOINING = (
    "[\u0620-\u06dc\u06de-\u06ff\u0710-\u074f\u0750-\u077f\u07ca-\u07f5\u0840-\u085b"
    "\u0860-\u086a\u0870-\u088e\u08a0-\u08e1\u08e3-\u0dff\u1000-\u109f\u1780-\u17b3"
    "\u17b6-\u17ff\u1820-\u18aa\ufb50-\ufdff\ufe70-\ufefc]"
)
_VIRAMA = "[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca]"
#: Unseen characters at work.
_WORKING = re.compile(
    f"(?<={_EMOJI})[\ufe0e\ufe0f]"
    f"|(?:(?<={_EMOJI})|(?<={_EMOJI}\ufe0f))\u200d(?={_EMOJI})"
    "|(?<=\U0001f3f4)\U000e0067\U000e0062(?:\U000e0065\U000e006e\U000e0067"
    "|\U000e0073\U000e0063\U000e0074|\U000e0077\U000e006c\U000e0073)\U000e007f"
    f"|(?<={_JOINING})[\u200c\u200d](?={_JOINING})"
    f"|(?<={_VIRAMA})\u200d"
    "|(?<=[\u1820-\u18aa])[\u180b-\u180d\u180f]"
    "|(?<=[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003fffd])[\U000e0100-\U000e01ef]"
)
#: What belongs to the character before it, besides combining marks.
_TRAILING = re.compile(f"[\u200c\u200d\ufe0e\ufe0f\U000e0020-\U000e01ef]|{_TONE}")

#: Two of them are a flag.
_FLAG_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))

#: Short names, as Unicode's list of aliases has them.
_ALIASES = (
    "NUL SOH STX ETX EOT ENQ ACK BEL BS VT FF SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EOM "
    "SUB ESC FS GS RS US DEL NEL SHY CGJ ALM ZWSP ZWNJ ZWJ LRM RLM LRE RLE PDF LRO RLO WJ LRI "
    "RLI FSI PDI BOM FVS1 FVS2 FVS3 MVS"
)
_SELECTORS = tuple(f"VS{number}" for number in range(1, 257))
_SHORT = {unicodedata.lookup(name): name for name in (*_ALIASES.split(), *_SELECTORS)}


def pieces(text: str, marks: Iterable[Mark] = ()) -> list[Piece]:
    """A text as posted, cut at its marks, with all that hides in it made visible.

    No piece holds a control character other than tabs and line breaks, a character that sets
    the direction, or more than `MOST_MARKS` combining marks in a row. Takes linear time.
    """
    return cut(text, [*marks, *_hidden_marks(text)])


def one_line(text: str, most: int) -> str:
    """A name or a title on one line, of at most so many characters, safe to show anywhere."""
    line = "".join(piece.text for piece in pieces(" ".join(text.split())))
    return line if len(line) <= most else line[: _end(line, most - 1)].rstrip() + ELLIPSIS


def _hidden_marks(text: str) -> list[Mark]:
    if text.isascii() and text.isprintable():
        return []
    classes = _classes(text)
    return [_hidden_mark(text, classes, *run.span()) for run in _HIDDEN.finditer(classes)]


def _classes(text: str) -> str:
    """The class of each character of a text, where it stands."""
    classes = list(text.translate({ord(char): _class(char) for char in set(text)}))
    if _UNSEEN in classes:
        for found in _WORKING.finditer(text):
            classes[found.start() : found.end()] = _AT_WORK * len(found[0])
    if _MARK in classes:
        _tell_excess(classes)
    return "".join(classes)


def _class(char: str) -> str:
    category = unicodedata.category(char)
    if char in "\n\r":
        return _BREAK
    if _BLANK.match(char):
        return _UNSEEN
    if category in {"Mn", "Me"}:
        return _MARK
    is_seen = char.isprintable() or category == "Zs" or char == "\t"
    return _SEEN if is_seen or _DRAWN.match(char) or _GROWING.match(char) else _UNSEEN


def _tell_excess(classes: list[str]) -> None:
    """Marks too many for their letter, or without one, are in excess."""
    marks = MOST_MARKS
    for place, kind in enumerate(classes):
        if kind == _SEEN:
            marks = 0
        elif kind == _BREAK:
            marks = MOST_MARKS
        elif kind == _MARK:
            marks += 1
            if marks > MOST_MARKS:
                classes[place] = _EXCESS


def _hidden_mark(text: str, classes: str, begin: int, end: int) -> Mark:
    """One mark for what hides side by side, however much it is."""
    excess = classes.count(_EXCESS, begin, end)
    unseen = Counter(
        char
        for char, kind in zip(text[begin:end], classes[begin:end], strict=True)
        if kind == _UNSEEN
    )
    named = list(islice(unseen.items(), MOST_NAMES))
    short = [_times(_short(char), count) for char, count in named]
    full = [_full(char) for char, _ in named]
    if len(unseen) > MOST_NAMES:
        short.append(ELLIPSIS)
    if excess:
        short.append(f"+{excess:,} marks")
        full.append("marks heaped on one letter")
    return Mark(
        begin,
        end,
        Kind.HIDDEN,
        f"hidden here: {', '.join(full)}",
        instead=f"⟨{' '.join(short)}⟩",
    )


def _times(name: str, count: int) -> str:
    return name if count == 1 else f"{name}×{count:,}"


def _short(char: str) -> str:
    return _SHORT.get(char) or f"U+{ord(char):04X}"


def _full(char: str) -> str:
    return unicodedata.name(char, "").lower() or f"U+{ord(char):04X}"


def _end(line: str, limit: int) -> int:
    """The nearest place at or before `limit` where a cut tears nothing that is read as one."""
    nearest = range(limit, max(limit - MOST_BACK, 0), -1)
    return next((end for end in nearest if not _tears(line, end)), limit)


def _tears(line: str, end: int) -> bool:
    after = line[end]
    if unicodedata.category(after)[0] == "M" or _TRAILING.match(after):
        return True
    before = line[:end]
    flags = len(before) - len(before.rstrip(_FLAG_LETTERS))
    return before.endswith("\u200d") or (after in _FLAG_LETTERS and flags % 2 == 1)
