"""What a first start makes, and what later ones leave alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from moderation.bootstrap import ADMIN, DEMO_SITE, bootstrap
from moderation.domain import Role
from moderation.record import Record
from moderation.settings import Settings
from tests.conftest import ADMIN_PASSWORD, API_KEY


def test_without_presets_secrets_are_made_once(record: Record, settings: Settings):
    record.connection.flushall()
    bare = replace(settings, api_key="", admin_password="")

    made = bootstrap(record, bare)

    assert record.moderators.with_password(ADMIN, made.admin_password or "")
    assert record.sites.authorise(made.api_key or "")
    assert len(made.lines()) == 2
    assert bootstrap(record, bare).lines() == []


def test_a_preset_password_is_applied_again_at_each_start(record: Record, settings: Settings):
    secret = record.sessions.start(ADMIN)
    before = record.moderators.get(ADMIN)

    # Given the same, nothing changes
    bootstrap(record, settings)
    assert record.moderators.get(ADMIN) == before
    assert record.sessions.open(secret)

    # Given another, it is the one that holds, and nobody stays signed in
    bootstrap(record, replace(settings, admin_password="another one"))
    assert record.moderators.with_password(ADMIN, "another one")
    assert record.moderators.with_password(ADMIN, ADMIN_PASSWORD) is None
    assert record.sessions.open(secret) is None


def test_what_became_of_the_admin_stays(record: Record, settings: Settings):
    record.moderators.set_role(ADMIN, "demo", Role.VIEWER)
    record.moderators.set_role(ADMIN, "news", Role.ADMIN)

    bootstrap(record, replace(settings, admin_password="another one"))

    assert record.moderators.get(ADMIN).roles == {"demo": Role.VIEWER, "news": Role.ADMIN}


def test_a_preset_key_that_was_replaced_stays_so_at_the_next_start(
    record: Record, settings: Settings, caplog: pytest.LogCaptureFixture
):
    new = record.sites.rotate_key(DEMO_SITE)

    made = bootstrap(record, settings)

    assert record.sites.authorise(API_KEY) is None
    assert record.sites.authorise(new)
    assert made.lines() == []
    assert "MODERATION_API_KEY was revoked" in caplog.text
    assert API_KEY not in caplog.text


def test_another_preset_key_is_added_to_what_is_there(record: Record, settings: Settings):
    new = record.sites.rotate_key(DEMO_SITE)

    bootstrap(record, replace(settings, api_key="another one"))

    assert record.sites.authorise("another one")
    assert record.sites.authorise(new)
