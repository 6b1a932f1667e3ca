"""Sites' API keys: made so that every drop-in's clients can carry them."""

from __future__ import annotations

import re
from base64 import b32decode

from moderation.record import Record
from tests.conftest import API_KEY, DEMO_SITE


def test_a_new_key_may_be_the_first_label_of_a_host_name(record: Record) -> None:
    for make in (record.sites.issue_key, record.sites.rotate_key):
        key = make(DEMO_SITE)

        assert re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", key)
        assert record.sites.is_key(key)


def test_a_new_key_is_not_to_be_guessed(record: Record) -> None:
    keys = [record.sites.issue_key(DEMO_SITE) for _ in range(20)]

    assert len({*keys}) == 20
    secret_parts = [key.removeprefix("mod-").upper() for key in keys]
    assert all(len(b32decode(f"{secret}====")) * 8 == 256 for secret in secret_parts)


def test_a_key_made_before_is_still_good(record: Record) -> None:
    old = "mod_Zc9-q_T4WvYw3cM1x8uKp5Lr7NbHd2Fg6JsAe0RtUiO"
    assert record.sites.issue_key(DEMO_SITE, old) == old

    found = record.sites.authorise(old)

    assert found is not None
    assert found.site == DEMO_SITE


def test_a_key_is_looked_up_as_it_was_sent(record: Record) -> None:
    assert record.sites.authorise(API_KEY.upper()) is None
