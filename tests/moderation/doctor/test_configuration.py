"""What the doctor says of the settings: each check is broken once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from moderation.doctor import configuration
from moderation.doctor.findings import Level
from moderation.settings import Settings

LONG_KEY = "mod-k3v9q2x7w5z8r4t6y1u0p3a5"


def troubles(environ: dict[str, str] | None = None, **settings: Any) -> dict[str, Level]:
    found = configuration.examine(Settings(**settings), environ or {})
    return {one.subject: one.level for one in found if one.level is not Level.WELL}


def test_a_newcomer_s_settings_have_nothing() -> None:
    assert not troubles()


def test_neither_have_those_of_a_service_behind_a_proxy() -> None:
    assert not troubles(
        trusted_proxies=1,
        demo=False,
        api_key=LONG_KEY,
        admin_password="correct horse battery",
        redis_url="rediss://app:secret@redis.example.org:6379/0",
        oidc_issuer="https://accounts.example.org",
        oidc_client_id="moderation",
        oidc_client_secret="secret",
    )


@pytest.mark.parametrize(
    ("settings", "subject", "level"),
    [
        ({"api_key": "test"}, "Preset API key", Level.WRONG),
        ({"api_key": "a" * 40}, "Preset API key", Level.WRONG),
        ({"admin_password": "admin"}, "Preset password", Level.WRONG),
        ({"trusted_proxies": 1}, "Demo", Level.DOUBTFUL),
        ({"host": "0.0.0.0", "demo": False}, "Proxies", Level.DOUBTFUL),
        (
            {"host": "0.0.0.0", "demo": False, "trusted_proxies": 2},
            "Proxies",
            Level.DOUBTFUL,
        ),
        ({"webhooks_allow_private": True}, "Webhook addresses", Level.DOUBTFUL),
        ({"redis_url": "rediss://redis.example.org"}, "Redis login", Level.WRONG),
        ({"redis_url": "redis://:pw@redis.example.org"}, "Redis login", Level.DOUBTFUL),
        ({"oidc_issuer": "https://a.example"}, "OpenID Connect", Level.WRONG),
        (
            {
                "oidc_issuer": "http://a.example",
                "oidc_client_id": "m",
                "oidc_client_secret": "s",
            },
            "OpenID Connect",
            Level.WRONG,
        ),
        ({"release": "/nowhere/at/all"}, "Folders", Level.WRONG),
        ({"archive_dir": "/nowhere/at/all"}, "Folders", Level.WRONG),
    ],
)
def test_each_flaw_is_found_alone(settings: dict[str, Any], subject: str, level: Level) -> None:
    assert troubles(**settings) == {subject: level}


def test_redis_on_this_machine_needs_no_password() -> None:
    for url in ("redis://127.0.0.1:6379", "unix:///run/redis.sock", ""):
        assert not troubles(redis_url=url)


def test_a_misspelt_variable_is_named_and_one_for_a_file_is_not() -> None:
    environ = {"MODERATION_REDIS": "redis://h", "MODERATION_REDIS_URL_FILE": "/run/x"}

    [finding] = [
        one for one in configuration.examine(Settings(), environ) if one.level is not Level.WELL
    ]

    assert "MODERATION_REDIS" in finding.says
    assert "MODERATION_REDIS_URL_FILE" not in finding.says


def test_no_finding_tells_a_secret(tmp_path: Path) -> None:
    secrets = {"api_key": "shortkey", "admin_password": "shortpw", "oidc_client_secret": "s3c"}
    found = configuration.examine(
        Settings(redis_url="redis://:hidden@redis.example.org", oidc_issuer="x", **secrets), {}
    )

    said = " ".join(f"{one.says} {one.cure}" for one in found)
    assert not [one for one in [*secrets.values(), "hidden"] if one in said]
