"""The table of API keys: what is kept, what ends, and what never comes back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from moderation.api_keys import EVERY_SCOPE, ApiKey, Scope, key_digest
from moderation.errors import UnknownApiKeyError
from moderation.record import Record
from moderation.record.api_keys import ApiKeys, Issued, Wanted
from moderation.settings import Settings
from tests.conftest import API_KEY, DEMO_SITE

MINUTE_MS = 60_000


@pytest.fixture
def keys(record: Record) -> ApiKeys:
    return record.sites.keys


def issue(keys: ApiKeys, name: str = "page", *, expires_ms: int | None = None) -> Issued:
    return keys.issue(DEMO_SITE, Wanted(name, frozenset({Scope.POST}), expires_ms))


def is_let_in(record: Record, secret: str) -> bool:
    """Whether both ways of asking say so; they must agree."""
    answers = {record.sites.authorise(secret) is not None, record.sites.is_key(secret)}
    assert len(answers) == 1
    return answers.pop()


def now_ms() -> int:
    return int(time.time() * 1000)


def test_what_a_key_opens_comes_with_it(record: Record, keys: ApiKeys):
    found = record.sites.authorise(issue(keys).secret)

    assert found is not None
    assert (found.site, found.scopes) == (DEMO_SITE, {Scope.POST})


def test_a_key_made_before_there_were_scopes_opens_all_that_it_did(
    record: Record, keys: ApiKeys
):
    old = "mod_Zc9-q_T4WvYw3cM1x8uKp5Lr7NbHd2Fg6JsAe0RtUiO"
    table = record.connection.keys("*:api-keys")[0]
    record.connection.hset(table, key_digest(old), DEMO_SITE)

    found = record.sites.authorise(old)

    assert found is not None
    assert (found.site, found.scopes) == (DEMO_SITE, EVERY_SCOPE)
    listed = next(one for one in keys.of(DEMO_SITE) if one.id == key_digest(old)[:12])
    assert listed.to_json()["created_at"] is None
    keys.revoke(DEMO_SITE, listed.id)
    assert not is_let_in(record, old)


def test_a_key_ends_when_it_expires(record: Record, keys: ApiKeys):
    ended, good = (
        issue(keys, expires_ms=now_ms() - 1),
        issue(keys, expires_ms=now_ms() + MINUTE_MS),
    )

    assert not is_let_in(record, ended.secret)
    assert is_let_in(record, good.secret)


def test_rotating_ends_the_old_one_at_once(record: Record, keys: ApiKeys):
    old = issue(keys)

    new = keys.rotate(DEMO_SITE, old.key.id)

    assert not is_let_in(record, old.secret)
    assert is_let_in(record, new.secret)
    assert (new.key.name, new.key.scopes) == (old.key.name, old.key.scopes)


def test_with_an_overlap_both_are_good_until_it_ends(record: Record, keys: ApiKeys):
    old = issue(keys)

    new = keys.rotate(DEMO_SITE, old.key.id, overlap_s=60)

    assert is_let_in(record, old.secret)
    assert is_let_in(record, new.secret)
    ends_ms = next(one for one in keys.of(DEMO_SITE) if one.id == old.key.id).expires_ms
    assert ends_ms is not None
    assert now_ms() < ends_ms <= now_ms() + MINUTE_MS


def test_an_overlap_makes_no_key_live_longer(keys: ApiKeys):
    ends_ms = now_ms() + 10_000
    old = issue(keys, expires_ms=ends_ms)

    new = keys.rotate(DEMO_SITE, old.key.id, overlap_s=3_600)

    found = {one.id: one.expires_ms for one in keys.of(DEMO_SITE)}
    assert (found[old.key.id], found[new.key.id]) == (ends_ms, ends_ms)


def test_another_site_s_key_is_not_there(keys: ApiKeys, record: Record, other_site: str):
    theirs = keys.of("other")[0]

    for change in (keys.revoke, keys.rotate):
        with pytest.raises(UnknownApiKeyError):
            change(DEMO_SITE, theirs.id)
    assert is_let_in(record, other_site)


def the_key_of(keys: ApiKeys, secret: str) -> ApiKey:
    return next(one for one in keys.all() if one.id == key_digest(secret)[:12])


@pytest.mark.parametrize(
    "end",
    [
        lambda keys: keys.revoke(DEMO_SITE, the_key_of(keys, API_KEY).id),
        lambda keys: keys.rotate(DEMO_SITE, the_key_of(keys, API_KEY).id),
        lambda keys: keys.replace_all(DEMO_SITE, Wanted()),
    ],
)
def test_a_preset_key_that_was_revoked_does_not_come_back(
    record: Record, keys: ApiKeys, end: Callable[[ApiKeys], object]
):
    end(keys)

    assert not keys.preset(DEMO_SITE, Wanted("preset"), API_KEY)
    assert not is_let_in(record, API_KEY)


def test_a_preset_key_in_its_overlap_still_ends(record: Record, keys: ApiKeys):
    keys.rotate(DEMO_SITE, the_key_of(keys, API_KEY).id, overlap_s=60)

    assert keys.preset(DEMO_SITE, Wanted("preset"), API_KEY)
    assert the_key_of(keys, API_KEY).expires_ms is not None


def test_another_process_refuses_a_revoked_key_with_its_next_request(
    settings: Settings, record: Record, keys: ApiKeys
):
    # Given another process that let the key in, and remembers its site
    issued = issue(keys)
    elsewhere = Record(settings)
    assert is_let_in(elsewhere, issued.secret)
    assert elsewhere.sites.known(key_digest(issued.secret))

    # When
    keys.revoke(DEMO_SITE, issued.key.id)

    # Then
    assert not is_let_in(elsewhere, issued.secret)
    elsewhere.connection.close()
    elsewhere.rq_connection.close()


def test_a_use_is_noted_where_there_is_no_rate_limit_too(
    settings: Settings, record: Record, keys: ApiKeys
):
    issued = issue(keys)
    unlimited = Record(replace(settings, rate_limit=0))

    assert unlimited.sites.authorise(issued.secret)

    assert the_key_of(keys, issued.secret).used_ms is not None
    unlimited.connection.close()
    unlimited.rq_connection.close()


def test_when_a_key_was_last_used_is_written_once_a_minute(record: Record, keys: ApiKeys):
    issued = issue(keys)
    assert the_key_of(keys, issued.secret).used_ms is None

    record.sites.authorise(issued.secret)
    first = the_key_of(keys, issued.secret).used_ms
    record.sites.authorise(issued.secret)
    assert the_key_of(keys, issued.secret).used_ms == first

    # When a minute is over, and so is the rate window
    uses, digest = record.connection.keys("*:api-key-uses")[0], key_digest(issued.secret)
    record.connection.hset(uses, digest, now_ms() - 2 * MINUTE_MS)
    record.connection.delete(uses.replace("api-key-uses", f"rate:{digest}"))
    record.sites.authorise(issued.secret)
    assert (the_key_of(keys, issued.secret).used_ms or 0) > now_ms() - MINUTE_MS
