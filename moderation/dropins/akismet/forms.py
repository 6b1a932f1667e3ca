"""Reads what Akismet's clients send: form fields in whatever charset the blog has.

Pure: knows neither Flask nor what the fields mean.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

#: WordPress passes on the fields of its own form and the request's headers beside what it asks.
MOST_FIELDS = 1_000
#: Charsets of blogs that are not in UTF-8, as the WHATWG's Encoding Standard groups them:
#: https://encoding.spec.whatwg.org/#names-and-labels
_LEGACY_CHARSET = re.compile(
    r"(?i)(?:iso-?8859|latin|windows-?|cp)-?\d+|koi8-[ru]|euc-(?:jp|kr)|shift_?jis|"
    r"gbk|gb2312|gb18030|big5(?:-hkscs)?|mac(?:intosh|-?roman)"
)


class UnreadableFormError(Exception):
    """Raised when a form has more fields than any client sends."""


def read_form(query: bytes, body: bytes, *, charset: str = "") -> dict[str, str]:
    """Field → text, those of the body before those of the query.

    Most clients write UTF-8 whatever they declare, so a field is read in the blog's charset
    only if it is no UTF-8. What neither can read becomes U+FFFD; NUL, which no text has, is
    left out.

    Args:
        query: the query string of the request.
        body: its form-encoded body.
        charset: that of the `Content-Type`; the field `blog_charset` goes before it.

    Raises:
        UnreadableFormError: it has too many fields.
    """
    written = b"&".join(part for part in (query, body) if part).decode("latin-1")
    try:
        # In Latin-1 each byte is a character, so that fields can be read one by one.
        pairs = parse_qsl(
            written, keep_blank_values=True, encoding="latin-1", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise UnreadableFormError(f"more than {MOST_FIELDS} fields") from None
    fields = dict(pairs)
    declared = fields.get("blog_charset") or charset
    return {name: _text(value.encode("latin-1"), declared) for name, value in fields.items()}


def _text(written: bytes, declared: str) -> str:
    return _decoded(written, declared).replace("\0", "")


def _decoded(written: bytes, declared: str) -> str:
    try:
        return written.decode("utf-8")
    except UnicodeDecodeError:
        charset = declared.strip() if _LEGACY_CHARSET.fullmatch(declared.strip()) else "utf-8"
    try:
        return written.decode(charset, "replace")
    except LookupError:
        return written.decode("utf-8", "replace")
