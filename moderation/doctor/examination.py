"""The whole examination: settings, machine, server, parts, as far as they can be reached."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from moderation.doctor import configuration, machine, parts, server
from moderation.doctor.findings import Finding, well, wrong
from moderation.errors import RedisAwayError, SettingsError
from moderation.record import Record
from moderation.settings import Settings, mask_url

#: What a server says to somebody who does not say the right password.
_LOCKED_OUT = re.compile(
    r"(?i)WRONGPASS|NOAUTH|NOPERM|invalid (username-)?password|authenticat"
)


def examine(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Every finding; what needs Redis only if it answers.

    Args:
        settings: with the Redis of the service, if it names or runs one.
        environ: where they come from.
    """
    yield from configuration.examine(settings, environ)
    yield from machine.examine(settings)
    if not settings.redis_url:
        cure = "start `moderation run`, or name its --data-dir or MODERATION_REDIS_URL"
        yield wrong("Redis", "no service runs on this data folder", cure)
        return
    try:
        yield from _beyond_redis(Record(settings), settings)
    except SettingsError as error:
        yield wrong("Redis", str(error), "mend the variable that it names")
    except RedisAwayError as error:
        yield _away(settings, str(error))


def _beyond_redis(record: Record, settings: Settings) -> Iterator[Finding]:
    record.operations.ping()
    yield well("Redis", "it answers")
    yield from server.examine(record.server.facts(), settings)
    yield from parts.examine(record)


def _away(settings: Settings, why: str) -> Finding:
    where = mask_url(settings.redis_url)
    if _LOCKED_OUT.search(why):
        cure = "mend user and password in MODERATION_REDIS_URL, or what that user may do"
        return wrong("Redis", f"{where} does not let us in: {why}", cure)
    cure = "start it, or mend MODERATION_REDIS_URL; look at firewall and TLS between"
    return wrong("Redis", f"{where} does not answer: {why}", cure)
