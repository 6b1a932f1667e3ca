"""HTML → the text that a reader sees of it. Pure; knows no protocol."""

from __future__ import annotations

import re
from html.parser import HTMLParser

#: Elements whose content is code, never text.
UNSEEN = frozenset({"script", "style"})
#: Elements that begin and end a line; the others stand within one.
BLOCK = re.compile(
    "address|article|aside|blockquote|br|d[dlt]|div|fieldset|figcaption|figure|footer|form|"
    "h[1-6]|header|hr|li|main|nav|ol|p|pre|section|table|t[dhr]|ul"
)


def plain_text(html: str) -> str:
    """The text of some HTML: no tags, no code, entities resolved, a line for each block.

    Tags within a line leave no gap: `block<b>head</b>` reads as one word. Line breaks of the
    source stay.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).split("\n"))
    return "\n".join(line for line in lines if line)


class _Reader(HTMLParser):
    """Collects text; `pieces` holds it in order, with a line break around each block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = False

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        """Notes where a block, or code, begins."""
        self._unseen = tag in UNSEEN
        self._break_line(tag)

    def handle_endtag(self, tag: str) -> None:
        """Notes where a block, or code, ends."""
        self._unseen = False
        self._break_line(tag)

    def handle_data(self, data: str) -> None:
        """Keeps what is seen."""
        if not self._unseen:
            self.pieces.append(data)

    def _break_line(self, tag: str) -> None:
        if BLOCK.fullmatch(tag):
            self.pieces.append("\n")
