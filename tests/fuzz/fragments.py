"""What hostile texts are made of, harmless each: the pieces that readers stumble over."""

from __future__ import annotations

#: Characters that hide, turn, combine, pass for others, or are half of one.
CHARACTERS = (
    "\u0301", "e\u0301", "\u200b", "\u202e", "\u2066", "\u00ad", "\u3164", "\ufeff", "\0",
    "\x1b[31m", "\r\n", "\u2028", "\x85", "а", "ӏ", "ο", "ß", "İ", "ŉ", "Σ", "ΑΣ", "ﬁ", "ª",
    "ｈ", "𝒽", "漢", "ة", "ب\u200c", "क\u094d", "ㅋ", "👍", "👍🏽", "👨\u200d👩", "🏴", "🇩🇪",
    "\U000e0067", "\ufffd", "\ud800", "\udfff",
)  # fmt: skip
#: What spells words otherwise, and what stands between letters.
SPELLINGS = (
    "a", "aa", "a ", "a.", "a..", "a. b.c", " a b", "  a b", "a1", "1a", "@", "$", "!", "9",
    "99a", "6a9", "a_", "_a,", " ", "\t", "\n", ".", "...", "-", "/", "*", "~", "|", "'", "’",
    '"', "https://", "www.", "[url=", "#", "@a", "word", "wοrd", "bad word", "ab",
)  # fmt: skip
#: What begins something in HTML, JSON, CSV, a URL, a schedule or a log line.
SYNTAX = (
    "<", "<a ", "<a b='", "<!--", "<![", "</", "<script>", "</script>", "&", "&#", "&#x", "&#1",
    "&amp", "&amp;", "{", "}", "[", "]", ":", ",", '"\\', "\\ud800", "null", "true", "NaN",
    "1e999", "-0", "9999999999", '"text"', '"author"', '"id"', '"comment"',
    '"requestedAttributes"', '"thresholds"', '"banned_words"', "text,label\n", ";", "=", "%00",
    "%s", "%(x)s", "{0}", "${a}", "?", "://", "[::1]", ":80", "0x7f", "xn--", "..", "*/5",
    "* ", "0 0 31 2 *", "PAR1", "password=", "blog_charset=big5&", "redis_url=",
)  # fmt: skip

FRAGMENTS = (
    *(one.encode("utf-8", "surrogatepass") for one in (*CHARACTERS, *SPELLINGS, *SYNTAX)),
    b"\xff",
    b"\xed\xa0\x80",
    b"\x1f\x8b",
    b"\xfd7zXZ\x00",
)

#: Whole inputs that the readers take, for a search to begin with.
SEEDS = (
    b'{"text": "A remark", "author": {"id": "anna"}, "created_at": "2026-11-28T10:00:00Z"}',
    b'{"thresholds": {"toxicity": 0.8}, "banned_words": ["word"], "flood": null}',
    b'{comment: {text: "A remark"}, languages: ["en"], requestedAttributes: {TOXICITY: {}}}',
    b"word,two words,\xe6\xbc\xa2\nA word and two words",
    b"text,label\nA remark,0\n",
    b'{"text": "A remark", "label": 1}\n',
    b"<p>A <b>remark</b> &amp; more&#8230;</p><!-- c --><script>x</script> End. Two.",
    b"https://hooks.example.org:8443/path?query=1",
    b"comment_content=a+remark&blog_charset=iso-8859-1&comment_author=%e4",
    b"redis_url=redis://user:pw@host:6379/0",
    b"30 3 * * 1-5",
)  # fmt: skip
