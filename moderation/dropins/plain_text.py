"""HTML → the text that a reader sees of it. Pure; knows no protocol.

Owns what counts as markup, by https://html.spec.whatwg.org/#tokenization. The standard
library's parser does not say where a character came from, takes seconds for 20 KB of opened
tags, and fails on `<![`. Here whatever began is taken to its end, or to the end of all, and
never looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

#: Elements whose content is code, never text.
_UNSEEN = frozenset({"script", "style"})
#: Elements that begin and end a line; the others stand within one.
_BLOCK = re.compile(
    "address|article|aside|blockquote|br|d[dlt]|div|fieldset|figcaption|figure|footer|form|"
    "h[1-6]|header|hr|li|main|nav|ol|p|pre|section|table|t[dhr]|ul"
)
#: What HTML calls whitespace; no other gap ends a name or a value there.
_W = r"\t\n\f\r "
_ATTRIBUTE = (
    rf"""[^{_W}/>][^{_W}/>=]*+"""
    rf"""(?:[{_W}]*+=[{_W}]*+(?:"[^"]*+"?+|'[^']*+'?+|[^{_W}>"'][^{_W}>]*+)?+)?+"""
)
#: A comment, a tag, or what browsers drop besides.
_MARKUP = re.compile(
    rf"<!--(?:-?>|.*?(?:--!?>|\Z))"
    rf"|<(?P<closes>/?)(?P<tag>[a-zA-Z][^{_W}/>]*+)(?:[{_W}/]++|{_ATTRIBUTE})*+>?+"
    rf"|<(?:[!?]|/(?!\Z))[^>]*+>?+",
    re.DOTALL,
)
#: What holds no markup, and what is a gap in it.
_RUN, _GAP = re.compile(r"(?:[^<&]|&(?![#\w]))+"), re.compile(r"\s")
#: A character reference, as `html.unescape` finds them.
_REFERENCE = re.compile(r"&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of HTML as a reader sees it.

    Attributes:
        text: what is seen of it, "" for nothing; line breaks of the source are gaps.
        begin: where it begins in the HTML.
        end: where the next one begins.
        is_as_posted: whether each character of the text is one of the HTML.
    """

    text: str
    begin: int
    end: int
    is_as_posted: bool = False


def plain_text(html: str) -> str:
    """The text of some HTML: no tags, no code, entities resolved, a line for each block.

    Tags within a line leave no gap: `block<b>head</b>` reads as one word.
    """
    text = "".join(piece.text for piece in pieces(html))
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def unescaped(html: str) -> str:
    """Some HTML with its character references resolved, and its markup left as it is.

    `html.unescape` fails on a number of thousands of digits, which anybody can write.
    """
    return _REFERENCE.sub(_resolved, html)


def pieces(html: str) -> Iterator[Piece]:
    """All of some HTML, piece by piece, in time that grows as its length does."""
    at = 0
    while at < len(html):
        if plain := _RUN.match(html, at):
            piece = Piece(_GAP.sub(" ", plain[0]), at, plain.end(), is_as_posted=True)
        else:
            piece = Piece(*_markup(html, at))
        yield piece
        at = piece.end


def _markup(html: str, at: int) -> tuple[str, int, int]:
    """What a reader sees of the `<` or `&` at a place, and where it ends."""
    if markup := _MARKUP.match(html, at):
        tag = (markup["tag"] or "").lower()
        end = markup.end()
        if tag in _UNSEEN and not markup["closes"]:
            code = re.compile(rf"</{tag}(?=[{_W}/>])", re.IGNORECASE).search(html, end)
            end = code.start() if code else len(html)
        return ("\n" if _BLOCK.fullmatch(tag) else ""), at, end
    if reference := _REFERENCE.match(html, at):
        text = _resolved(reference)
        if text != reference[0]:
            return text, at, reference.end()
    return html[at], at, at + 1


def _resolved(reference: re.Match[str]) -> str:
    try:
        return unescape(reference[0])
    except ValueError:  # Python reads no number of thousands of digits; it names no character
        return "\ufffd"
