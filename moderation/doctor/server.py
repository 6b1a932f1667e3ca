"""Checks of the Redis server by what it says of itself; what it does not tell is no finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from moderation.doctor.findings import Finding, doubtful, well, wrong
from moderation.embedded import COMPACT_FIELD_BYTES
from moderation.overload import BYTES_A_MEGABYTE
from moderation.record.server import ServerFacts
from moderation.settings import Settings

#: The first that runs all our scripts.
LEAST_VERSION = (7, 0)
#: Shares of the memory, and of the connections, from which it is worth a look, and too much.
FULL, TOO_FULL = 0.75, 0.9
#: Clocks further apart than this make waits and retries look wrong.
CLOCK_S = 2.0

Check = Callable[[ServerFacts, Settings], Finding | None]


def examine(facts: ServerFacts, settings: Settings) -> Iterator[Finding]:
    """All findings about the server."""
    for check in CHECKS:
        finding = check(facts, settings)
        if finding is not None:
            yield finding


def version(facts: ServerFacts, _: Settings) -> Finding | None:
    """Whether it is new enough."""
    if facts.version is None:
        return None
    said = f"{facts.name} speaks the commands of Redis {'.'.join(map(str, facts.version))}"
    if facts.version < LEAST_VERSION:
        least = ".".join(map(str, LEAST_VERSION))
        return wrong("Redis version", said, f"use Redis {least} or newer, or Valkey")
    return well("Redis version", said)


def replica(facts: ServerFacts, _: Settings) -> Finding | None:
    """Whether it can be written to."""
    if facts.is_replica is None:
        return None
    if facts.is_replica:
        cure = "name the master in MODERATION_REDIS_URL, or Sentinel (sentinel://…)"
        return wrong("Redis role", "it is a replica: nothing can be written", cure)
    return well("Redis role", "it is the master")


def replicas(facts: ServerFacts, settings: Settings) -> Finding | None:
    """Whether there are as many copies as each comment waits for."""
    wanted = settings.replicas_waited
    if not wanted or facts.replicas is None:
        return None
    says = f"{facts.replicas} follow it, {wanted} are waited for"
    if facts.replicas < wanted:
        cure = "bring them back, or lower MODERATION_REPLICAS_WAITED"
        return wrong("Redis replicas", f"{says}: nothing is acknowledged", cure)
    return well("Redis replicas", says)


def append_only_file(facts: ServerFacts, _: Settings) -> Finding | None:
    """Whether it keeps what it acknowledged."""
    subject = "Redis append-only file"
    if facts.has_aof is None:
        return None
    if not facts.has_aof:
        cure = "CONFIG SET appendonly yes, and the same in its configuration file"
        return wrong(subject, "it is off: a restart loses comments", cure)
    if facts.is_writing_aof is False:
        cure = "look at the server's log; most often its disk is full"
        return wrong(subject, "its last write failed", cure)
    return well(subject, "on, and the last write went well")


def flushing(facts: ServerFacts, _: Settings) -> Finding | None:
    """When it is on the disk for certain."""
    if facts.appendfsync is None:
        return None
    if facts.appendfsync == "no":
        cure = "CONFIG SET appendfsync everysec (or always)"
        says = "appendfsync is no: a machine that dies takes up to half a minute along"
        return wrong("Redis flushing", says, cure)
    return well("Redis flushing", f"appendfsync is {facts.appendfsync}")


def eviction(facts: ServerFacts, _: Settings) -> Finding | None:
    """Whether it throws comments away to make room."""
    if facts.eviction is None:
        return None
    if facts.eviction != "noeviction":
        says = f"maxmemory-policy is {facts.eviction}: it throws comments away when it is full"
        return wrong("Redis eviction", says, "CONFIG SET maxmemory-policy noeviction")
    return well("Redis eviction", "it never throws anything away")


def memory(facts: ServerFacts, settings: Settings) -> Finding | None:
    """Whether there is a limit, and room below it."""
    subject, used = "Redis memory", facts.used_bytes
    if used is None or facts.limit_bytes is None:
        return None
    limits = (facts.limit_bytes, settings.max_memory_mb * BYTES_A_MEGABYTE)
    limit = min(filter(None, limits), default=0)
    if not limit:
        says = f"{_megabytes(used)} in use and no limit: the system may kill the server"
        cure = "set maxmemory to what the machine can spare, or MODERATION_MAX_MEMORY_MB"
        return doubtful(subject, says, cure)
    says = f"{_megabytes(used)} of {_megabytes(limit)} in use"
    cure = "raise the limit, or keep less: retention, MODERATION_DECISIONS_KEPT"
    if used > limit * TOO_FULL:
        return wrong(subject, says, cure)
    return doubtful(subject, says, cure) if used > limit * FULL else well(subject, says)


def packed_fields(facts: ServerFacts, _: Settings) -> Finding | None:
    """Whether it keeps comments compact."""
    subject, least = "Redis packing", COMPACT_FIELD_BYTES
    if facts.packed_field_bytes is None:
        return None
    says = f"hash-max-listpack-value is {facts.packed_field_bytes}"
    if facts.packed_field_bytes < least:
        says += ": comments take about twice the memory"
        return doubtful(subject, says, f"CONFIG SET hash-max-listpack-value {least}")
    return well(subject, says)


def connections(facts: ServerFacts, _: Settings) -> Finding | None:
    """Whether it still takes connections."""
    if facts.clients is None or not facts.most_clients:
        return None
    says = f"{facts.clients} of {facts.most_clients} connections are open"
    if facts.clients > facts.most_clients * FULL:
        return doubtful(
            "Redis connections", says, "raise maxclients and its limit of open files"
        )
    return well("Redis connections", says)


def clock(facts: ServerFacts, _: Settings) -> Finding | None:
    """Whether its clock and ours agree."""
    if facts.clock_ahead_s is None:
        return None
    if abs(facts.clock_ahead_s) > CLOCK_S:
        direction = "ahead of" if facts.clock_ahead_s > 0 else "behind"
        says = f"Redis' clock is {abs(facts.clock_ahead_s):.0f} s {direction} this machine's"
        return doubtful("Clocks", says, "let both machines follow a time server (NTP)")
    return well("Clocks", "Redis' and this machine's agree")


CHECKS: tuple[Check, ...] = (
    version,
    replica,
    replicas,
    append_only_file,
    flushing,
    eviction,
    memory,
    packed_fields,
    connections,
    clock,
)


def _megabytes(size: int) -> str:
    return f"{size / BYTES_A_MEGABYTE:,.0f} MB"
