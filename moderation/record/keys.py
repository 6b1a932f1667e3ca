"""Every Redis key of the service, in one table that Python and Lua both read.

All keys of a shard share one hash tag, so that each script stays in one slot of a Redis
Cluster. Site ids hold no colon; the id that a site chose freely stands last, so that no
two keys can meet.
"""

from __future__ import annotations

import re

#: name → (pattern, what it holds). `{…}` are the parts that a caller gives.
PATTERNS: dict[str, tuple[str, str]] = {
    "service": (
        "service",
        "hash: schema version, the secrets that sign cursors and draw comments for review",
    ),
    "sites": ("sites", "hash: site id → JSON"),
    "api_keys": (
        "api-keys",
        "hash: SHA-256 of a key → its site, name, scopes and end (JSON), or its site alone",
    ),
    "api_key_uses": (
        "api-key-uses",
        "hash: SHA-256 of a key → when it was last used (ms), to the minute",
    ),
    "revoked_keys": ("revoked-keys", "set: SHA-256 of a key that must never be good again"),
    "rate": ("rate:{key_digest}", "string: requests of a key in this rate window; expires"),
    "rate_limits": (
        "rate-limits",
        "hash: a site or a key (`site:…`, `key:…`) → requests that it may make in a window",
    ),
    "event_streams": (
        "event-streams:{key_digest}",
        "sorted set: open event stream of a key by when its place is free (ms); expires",
    ),
    "moderators": ("moderators", "hash: name → JSON"),
    "moderator_tokens": ("moderator-tokens", "hash: SHA-256 of a token → moderator"),
    "moderator_sessions": (
        "moderator-sessions:{moderator}",
        "sorted set: SHA-256 of a session's secret by when it ends at the latest (s); expires",
    ),
    "session": (
        "session:{secret_digest}",
        "hash: name, csrf_token, site, started_at, address, agent; expires",
    ),
    "sign_in_tries": (
        "sign-in-tries:{subject_digest}",
        "hash: tries, until when to wait (ms), of a name or an address; expires",
    ),
    "policy": ("policy:{site}", "hash: version, body (JSON), flood_window_ms"),
    "policy_history": (
        "policy-history:{site}",
        "list: versions of the policy (JSON), newest first",
    ),
    "closed": ("closed:{site}", "set: articles that take no comments any more"),
    "sequence": ("sequence:{site}", "integer: comments ever accepted, gives their order"),
    "comment": (
        "comment:{site}:{comment}",
        (
            "hash: content and decision:N (JSON), packed in one once the machine has decided, "
            "status, revision, and what indexes need; after erasure only status=erased and "
            "revision"
        ),
    ),
    "retention": (
        "retention",
        "hash: site → how long its data is kept, with a version (JSON)",
    ),
    "retired": (
        "retired:{site}:{beginning}",
        "set: ids of comments that retention took out, as digests by how those begin",
    ),
    "upkeep": (
        "upkeep",
        (
            "hash: erasures made and cleared from the server's files, when sites were swept "
            "(s) and what left (JSON)"
        ),
    ),
    "upkeep_lease": ("upkeep-lease", "string: who works on retention; expires"),
    "wanted_erasures": (
        "wanted-erasures:{site}",
        "set: comment (`c:…`) or author (`a:…`) that is to leave archive and reports too",
    ),
    "idempotency": (
        "idempotency:{site}:{key_digest}",
        "hash: digest, comment; expires",
    ),
    "article": ("article:{site}:{status}:{article}", "sorted set: comment by sequence"),
    "held": (
        "held:{site}:{dimension}",
        "sorted set: held comment by its value in this dimension (triage.py)",
    ),
    "held_dimensions": (
        "held-dimensions:{site}",
        "set: dimensions that a held comment ever had",
    ),
    "labelled": (
        "labelled:{site}",
        "sorted set: comment whose last decision is a person's verdict, by time (ms)",
    ),
    "kinds": ("kinds:{site}", "hash: kind → comments of it that are held now or labelled"),
    "review": (
        "review:{site}",
        "sorted set: approved comment drawn by lot for a person to look at, by sequence",
    ),
    "labels": ("labels:{site}", "hash: id of a label without a comment → JSON"),
    "label_summary": ("label-summary:{site}", "string: what was counted last (JSON); expires"),
    "doubts": (
        "doubts:{site}",
        "hash: comment (`c:…`) or stored label (`l:…`) → why it may be a mistake (JSON)",
    ),
    "dismissed_doubts": (
        "dismissed-doubts:{site}",
        "hash: comment or stored label, as above → category and label that are right",
    ),
    "opinions": ("opinions:{site}", "hash: comment → a second opinion and the verdict (JSON)"),
    "claim": ("claim:{site}:{comment}", "string: the moderator who looks at it; expires"),
    "acts": (
        "acts:{site}:{moderator}",
        "list: what they did last (JSON), newest first, so that it can be undone",
    ),
    "audit": ("audit:{site}", "stream: who did what (JSON), never a comment's text"),
    "batch": (
        "batch:{site}:{batch}",
        "hash: moderator, verdict (JSON), label, state, how far it is; expires once ended",
    ),
    "batch_items": (
        "batch-items:{site}:{batch}",
        "list: revision when it was frozen, and comment; expires once ended",
    ),
    "batch_left": (
        "batch-left:{site}:{phase}:{batch}",
        "hash: number of a comment left alone → why (JSON), by phase: run, undo; expires",
    ),
    "batch_lease": ("batch-lease:{site}:{batch}", "string: who works on it; expires"),
    "batches": ("batches:{site}", "sorted set: batch by when it was frozen (ms)"),
    "batches_open": ("batches-open", "set: site and batch that is not finished"),
    "daily": ("daily:{site}:{day}", "hash: figure → number, for one day (since 1970) of UTC"),
    "author": ("author:{site}:{author}", "sorted set: comment by time created, ms"),
    "author_counts": ("author-counts:{site}:{author}", "hash: status → comments standing so"),
    "copies": (
        "copies:{site}:{day}:{beginning}",
        "hash: rest of the digest of a text → comments of that day with it (JSON); expires",
    ),
    "reports": ("reports:{site}:{comment}", "hash: who reported it → reason"),
    "assignments": (
        "assignments",
        "hash: site → JSON: the release that decides, its shadow, what rollback goes back to",
    ),
    "releases": ("releases:{site}", "sorted set: release by when it was stored (ms)"),
    "release": (
        "release:{site}:{version}",
        "hash: about (JSON), manifest, classifier (bytes), card, evaluation, compared_with",
    ),
    "activations": ("activations:{site}", "list: change of the active release (JSON)"),
    "shadow_counts": (
        "shadow-counts:{site}:{version}",
        "hash: compared, would_hold, would_approve",
    ),
    "shadow_differences": (
        "shadow-differences:{site}:{version}",
        "stream: comment that a shadow would have decided otherwise (JSON), no text",
    ),
    "trainings": ("trainings:{site}", "sorted set: training by when it was queued (ms)"),
    "training": (
        "training:{site}:{training}",
        "hash: state, who started it, how far it is, last sign of life (ms), what became of it",
    ),
    "training_open": (
        "training-open:{site}",
        "string: the training that is queued or running",
    ),
    "training_schedules": (
        "training-schedules",
        "hash: site → cron expression, who set it and when (JSON)",
    ),
    "training_turn": (
        "training-turn:{site}:{time}",
        "string: set by the trainer that took this turn (s) of the schedule; expires",
    ),
    "trainer": ("trainer", "string: set while a trainer is alive; expires"),
    "decisions": ("decisions:{site}", "stream: decision (JSON)"),
    "happenings": (
        "happenings:{site}",
        "stream: what else webhooks tell: event and data (JSON)",
    ),
    "coral_secrets": (
        "coral-secrets:{site}",
        "hash: beginning of a digest → a secret that the site's Coral signs with (JSON)",
    ),
    "webhooks": ("webhooks:{site}", "hash: endpoint → JSON, with its secrets"),
    "webhook_marks": (
        "webhook-marks:{site}:{endpoint}",
        "hash: how far the endpoint was fed from decisions, from happenings, from each replay",
    ),
    "webhook_lane": (
        "webhook-lane:{site}:{endpoint}:{lane}",
        "list: messages about one comment that wait, in order",
    ),
    "webhook_fresh": (
        "webhook-fresh:{site}:{endpoint}",
        "sorted set: lane whose first message was never tried, by since when (ms)",
    ),
    "webhook_again": (
        "webhook-again:{site}:{endpoint}",
        "sorted set: lane whose first message failed or is being sent, by when it is due (ms)",
    ),
    "webhook_parked": (
        "webhook-parked:{site}:{endpoint}",
        "sorted set: message that was given up (JSON), by when (ms)",
    ),
    "webhook_health": (
        "webhook-health:{site}:{endpoint}",
        "hash: messages waiting, failures on end, paused until (ms), last success and failure",
    ),
    "webhook_log": ("webhook-log:{site}:{endpoint}", "stream: attempt to deliver (JSON)"),
    "deliverer": ("deliverer", "string: set while a deliverer is alive; expires"),
    "pending": (
        "pending:{lane}",
        "stream: a comment with all that deciding it takes, or a question",
    ),
    "waiting": ("waiting", "hash: site → comments of it that stand in a pending stream"),
    "answer": ("answer:{question}", "list: the one answer to a question; expires"),
    "replicated": ("replicated", "string: written before replicas are waited for (scripts.py)"),
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
