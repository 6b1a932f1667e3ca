"""What a first start makes, and what later ones leave alone."""

from __future__ import annotations

from dataclasses import replace

from moderation.bootstrap import ADMIN, bootstrap
from moderation.domain import Role
from moderation.record import Record
from moderation.settings import Settings
from tests.conftest import ADMIN_PASSWORD


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
