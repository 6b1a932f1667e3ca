"""Checks of the settings alone, before anything is asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from moderation.desk.people import LEAST_PASSWORD_CHARACTERS
from moderation.doctor.findings import Finding, doubtful, well, wrong
from moderation.settings import Settings

#: A preset key shorter than this, or of fewer different characters, may be guessed.
KEY_CHARACTERS, KEY_DIFFERENT = 24, 8
#: Addresses that only this machine reaches.
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost", ""})

Check = Callable[[Settings], Finding | None]


def examine(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    """All findings about the settings."""
    yield unknown_variables(environ)
    for check in CHECKS:
        finding = check(settings)
        if finding is not None:
            yield finding


def unknown_variables(environ: Mapping[str, str]) -> Finding:
    """Whether a variable is misspelt."""
    unknown = Settings.unknown(environ)
    if unknown:
        cure = "mend their names (`moderation settings` lists all), or unset them"
        return doubtful("Variables", f"no settings: {', '.join(unknown)}", cure)
    return well("Variables", "every MODERATION_ variable is a setting")


def api_key(settings: Settings) -> Finding | None:
    """Whether a preset API key can be guessed."""
    key = settings.api_key
    if not key:
        return None
    if len(key) < KEY_CHARACTERS or len(set(key)) < KEY_DIFFERENT:
        cure = "unset MODERATION_API_KEY, or preset what `openssl rand -hex 24` prints"
        return wrong("Preset API key", "it is short enough to be guessed", cure)
    return well("Preset API key", "it is long")


def admin_password(settings: Settings) -> Finding | None:
    """Whether a preset password can be guessed."""
    password = settings.admin_password
    if not password:
        return None
    if len(password) < LEAST_PASSWORD_CHARACTERS or len(set(password)) < KEY_DIFFERENT:
        cure = (
            f"use {LEAST_PASSWORD_CHARACTERS} characters or more in MODERATION_ADMIN_PASSWORD"
        )
        return wrong("Preset password", "that of `admin` is short enough to be guessed", cure)
    return well("Preset password", "it is long")


def demo(settings: Settings) -> Finding:
    """Whether strangers can write to the site `demo`."""
    if settings.demo and _is_public(settings):
        says = "/demo is on, and others than this machine can reach it"
        return doubtful("Demo", says, "set MODERATION_DEMO=off in production")
    return well("Demo", "on, for this machine alone" if settings.demo else "off")


def proxies(settings: Settings) -> Finding:
    """Whether what proxies say is believed as it should be."""
    subject, count = "Proxies", settings.trusted_proxies
    if _listens_to_others(settings) and not count:
        says = f"the service listens on {settings.host} and believes no proxy"
        cure = "put a TLS proxy in front and set MODERATION_TRUSTED_PROXIES=1"
        return doubtful(subject, says, cure)
    if _listens_to_others(settings):
        says = f"{count} believed; who reaches {settings.host} past them may claim any address"
        cure = "let only the proxy reach this port: a firewall, or MODERATION_HOST=127.0.0.1"
        return doubtful(subject, says, cure)
    return well(subject, f"{count} believed, and only this machine reaches the port")


def private_webhooks(settings: Settings) -> Finding:
    """Whether a site can make the service reach into its own network."""
    if settings.webhooks_allow_private:
        says = "sites may send webhooks to private addresses and without TLS"
        cure = "unset MODERATION_WEBHOOKS_ALLOW_PRIVATE, unless every key is your own"
        return doubtful("Webhook addresses", says, cure)
    return well("Webhook addresses", "only public ones, by TLS")


def redis_login(settings: Settings) -> Finding | None:
    """Whether the way to Redis is locked."""
    parts = urlsplit(settings.redis_url)
    if parts.scheme in {"", "unix"} or (parts.hostname or "") in LOOPBACK:
        return None
    if not parts.password and "password=" not in parts.query:
        cure = "give Redis a user with a password, and name both in MODERATION_REDIS_URL"
        return wrong(
            "Redis login", "Redis is on another machine and asks for no password", cure
        )
    if not parts.scheme.startswith("rediss"):
        cure = "use rediss:// unless the network between is yours alone"
        return doubtful("Redis login", "password and comments go to Redis unencrypted", cure)
    return well("Redis login", "with a password, by TLS")


def openid(settings: Settings) -> Finding | None:
    """Whether signing in at a provider can work."""
    if not settings.oidc_issuer:
        return None
    missing = [
        name
        for name, value in {
            "MODERATION_OIDC_CLIENT_ID": settings.oidc_client_id,
            "MODERATION_OIDC_CLIENT_SECRET": settings.oidc_client_secret,
        }.items()
        if not value
    ]
    if missing:
        says = f"a provider is named, but not {' and '.join(missing)}"
        return wrong("OpenID Connect", says, "set what is missing")
    if urlsplit(settings.oidc_issuer).scheme != "https":
        return wrong("OpenID Connect", "the provider is not spoken to by TLS", "use https://")
    return well("OpenID Connect", "provider, client and secret are named")


def folders(settings: Settings) -> Finding | None:
    """Whether the folders that settings name are there."""
    named = {
        "MODERATION_RELEASE": settings.release,
        "MODERATION_ARCHIVE_DIR": settings.archive_dir,
    }
    for variable, folder in named.items():
        if folder and not Path(folder).is_dir():
            cure = f"make it, or mend {variable}"
            return wrong("Folders", f"{variable}: there is no folder {folder}", cure)
    if settings.archive_dir and not os.access(settings.archive_dir, os.W_OK):
        says = f"the archive {settings.archive_dir} cannot be written"
        return wrong("Folders", says, "let the service's user write there")
    return None


CHECKS: tuple[Check, ...] = (
    api_key,
    admin_password,
    demo,
    proxies,
    private_webhooks,
    redis_login,
    openid,
    folders,
)


def _listens_to_others(settings: Settings) -> bool:
    return settings.host not in LOOPBACK


def _is_public(settings: Settings) -> bool:
    return _listens_to_others(settings) or settings.trusted_proxies > 0
