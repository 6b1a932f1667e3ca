"""Every Redis key of the service, in one table that Python and Lua both read.

All keys of a shard share one hash tag, so that each script stays in one slot of a Redis
Cluster. Site ids hold no colon; the id that a site chose freely stands last, so that no
two keys can meet.
"""

from __future__ import annotations

import re

#: name → (pattern, what it holds). `{…}` are the parts that a caller gives.
PATTERNS: dict[str, tuple[str, str]] = {
    "service": ("service", "hash: schema version, secret that signs cursors"),
    "sites": ("sites", "hash: site id → JSON"),
    "api_keys": ("api-keys", "hash: SHA-256 of a key → site id"),
    "rate": ("rate:{key_digest}", "string: requests of a key in this rate window; expires"),
    "moderators": ("moderators", "hash: name → JSON"),
    "policy": ("policy:{site}", "hash: version, body (JSON), flood_window_ms"),
    "sequence": ("sequence:{site}", "integer: comments ever accepted, gives their order"),
    "comment": (
        "comment:{site}:{comment}",
        (
            "hash: content and decision:N (JSON), status, revision, and what "
            "indexes need; after erasure only status=erased and revision"
        ),
    ),
    "idempotency": (
        "idempotency:{site}:{key_digest}",
        "hash: digest, comment; expires",
    ),
    "article": ("article:{site}:{status}:{article}", "sorted set: comment by sequence"),
    "held": ("held:{site}", "sorted set: held comment by sequence"),
    "author": ("author:{site}:{author}", "sorted set: comment by time created, ms"),
    "author_counts": ("author-counts:{site}:{author}", "hash: status → comments standing so"),
    "copies": ("copies:{site}:{text_digest}", "sorted set: comment by sequence; expires"),
    "reports": ("reports:{site}:{comment}", "hash: who reported it → reason"),
    "decisions": ("decisions:{site}", "stream: decision (JSON)"),
    "pending": (
        "pending:{lane}",
        "stream: a comment with all that deciding it takes, or a question",
    ),
    "answer": ("answer:{question}", "list: the one answer to a question; expires"),
    "bell": ("bell", "string: set while a drain job is waiting; expires"),
    "workers": ("workers", "hash: worker → time of its last heartbeat (ms), its state (JSON)"),
    "counters": ("counters", "hash: metric and labels (JSON) → number"),
    "decided": ("decided", "channel: a site that has new decisions"),
}

_PART = re.compile(r"\{(\w+)\}")


class Keys:
    """The keys of one shard: `keys.comment("demo", "c1")`."""

    def __init__(self, shard: str) -> None:
        self.shard = shard
        self.prefix = f"moderation:{{{shard}}}:"

    def __call__(self, name: str, *parts: str) -> str:
        """The key `name` with its parts, in the order in which the pattern names them."""
        pattern = PATTERNS[name][0]
        head, *fixed = _PART.split(pattern)[::2]
        if len(parts) != len(fixed):
            raise TypeError(f"the key {pattern!r} takes {len(fixed)} parts, not {len(parts)}")
        return self.prefix + head + "".join(p + f for p, f in zip(parts, fixed, strict=True))

    def lua(self, body: str) -> str:
        """The same table as Lua functions, `K.comment(site, comment)`: those a body uses."""
        used = set(re.findall(r"\bK\.(\w+)", body))
        functions = (
            f"K.{name} = function({', '.join(_PART.findall(pattern))}) "
            f"return {self._lua_expression(pattern)} end"
            for name, (pattern, _) in PATTERNS.items()
            if name in used
        )
        return "local K = {}\n" + "\n".join(functions) + "\n"

    def _lua_expression(self, pattern: str) -> str:
        pieces = _PART.split(self.prefix.replace("{", "\0").replace("}", "\1") + pattern)
        literal, names = pieces[::2], pieces[1::2]
        quoted = [f"'{text}'".replace("\0", "{").replace("\1", "}") for text in literal]
        joined = [quoted[0]]
        for name, text in zip(names, quoted[1:], strict=True):
            joined += [name, text]
        return " .. ".join(part for part in joined if part != "''")
