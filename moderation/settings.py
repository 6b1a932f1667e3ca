"""Every setting: its environment variable, default, meaning. Nothing else reads `os.environ`.

A setting is a field of `Settings`; its variable is `MODERATION_` and the field's name in
capitals. `moderation settings` prints this table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import urlsplit, urlunsplit

from moderation.errors import SettingsError

PREFIX = "MODERATION_"
TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
_PASSWORD = re.compile(r"(?i)(\bpassword=)(?!\*{8})[^&]*")
FALSE_WORDS = frozenset({"0", "false", "no", "off", ""})


def _setting(default: Any, help_text: str, *, secret: bool = False, **checks: Any) -> Any:
    return field(default=default, metadata={"help": help_text, "secret": secret, **checks})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings, immutable. Build with `load` or by keyword in tests."""

    redis_url: str = _setting(
        "",
        "Redis or Valkey to use: redis://, rediss://, unix:// or "
        "sentinel://[user:password@]host:port[,host:port]/SERVICE[/DB]. "
        "Empty: `moderation run` starts its own.",
    )
    data_dir: Path = _setting(Path("var"), "Folder of the embedded server's data.")
    appendfsync: str = _setting(
        "everysec",
        "When the embedded server flushes to disk: everysec loses at most a second when "
        "the machine dies (nothing when a process does), always loses nothing, slower.",
        choices=("everysec", "always"),
    )
    host: str = _setting("127.0.0.1", "Address that the HTTP service listens on.")
    port: int = _setting(8000, "Port that the HTTP service listens on.", least=0)
    api_processes: int = _setting(2, "Processes of the HTTP service.", least=1)
    workers: int = _setting(1, "Scoring worker processes of `moderation run`.", least=0)
    trainer: bool = _setting(
        True,
        "Run a trainer with `moderation run`: it learns releases from moderators' decisions.",
    )
    deliverer: bool = _setting(
        True, "Run a deliverer with `moderation run`: it sends webhooks to the sites."
    )
    webhooks_allow_private: bool = _setting(
        False,
        "Let webhooks go to private and loopback addresses, and without TLS. "
        "Whoever holds a site's API key can then reach what this machine reaches.",
    )
    api_key: str = _setting(
        "",
        "API key of the site `demo`. Empty: made and shown once at first start.",
        secret=True,
    )
    admin_password: str = _setting(
        "",
        "Password of the moderator `admin`. Empty: made and shown once at first start.",
        secret=True,
    )
    oidc_issuer: str = _setting(
        "",
        "OpenID Connect provider that moderators may sign in with, as it names itself: "
        "https://accounts.example.org. Empty: by password only.",
    )
    oidc_client_id: str = _setting("", "What this service is called at the provider.")
    oidc_client_secret: str = _setting(
        "", "What this service proves itself with to the provider.", secret=True
    )
    trusted_proxies: int = _setting(
        0,
        "Proxies in front whose X-Forwarded-For, -Proto and -Host are believed: "
        "how many stand one behind the other.",
        least=0,
    )
    demo: bool = _setting(True, "Serve the example article at /demo, as the site `demo`.")
    release: str = _setting(
        "", "Folder of the classifier's release. Empty: the one shipped with the service."
    )
    rate_limit: int = _setting(
        20_000, "Requests that an API key may make in a rate window; 0: no limit.", least=0
    )
    rate_window_s: int = _setting(10, "Length of the rate window in seconds.", least=1)
    max_wait_s: int = _setting(
        30, "Longest that `Prefer: wait` holds a request open, in seconds.", least=0
    )
    decisions_kept: int = _setting(
        1_000_000, "Decisions kept for each site's feed; older ones leave it.", least=1
    )
    idempotency_ttl_s: int = _setting(
        86_400, "How long an Idempotency-Key is remembered, in seconds.", least=1
    )
    log_level: str = _setting(
        "INFO", "Least severe log line shown.", choices=("DEBUG", "INFO", "WARNING", "ERROR")
    )

    @classmethod
    def load(cls, environ: Mapping[str, str], **flags: Any) -> Settings:
        """Settings from the environment; a flag that is not None wins over its variable.

        Raises:
            SettingsError: a value cannot be used.
        """
        known = {variable(one): one for one in fields(cls)}
        kinds = get_type_hints(cls)
        values = {
            one.name: _parse(one, kinds[one.name], environ[name])
            for name, one in known.items()
            if name in environ
        }
        values |= {name: value for name, value in flags.items() if value is not None}
        loaded = cls(**values)
        for one in fields(loaded):
            _check(one, getattr(loaded, one.name))
        return loaded

    @classmethod
    def unknown(cls, environ: Mapping[str, str]) -> list[str]:
        """`MODERATION_` variables that mean nothing here, most often misspelt."""
        known = {variable(one) for one in fields(cls)}
        return sorted(name for name in environ if name.startswith(PREFIX) and name not in known)

    def with_redis(self, url: str) -> Settings:
        """The same settings on another Redis."""
        return replace(self, redis_url=url)

    def to_environ(self) -> dict[str, str]:
        """The variables that `load` would read these settings back from."""
        return {variable(one): _written(getattr(self, one.name)) for one in fields(self)}

    def masked(self) -> dict[str, str]:
        """Name of variable → value as it may be shown: secrets and passwords masked."""
        return {variable(one): _masked(one, getattr(self, one.name)) for one in fields(self)}


def variable(one: Field[Any]) -> str:
    """The environment variable of a setting."""
    return PREFIX + one.name.upper()


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _parse(one: Field[Any], kind: type, raw: str) -> Any:
    if kind is bool:
        if raw.lower() not in TRUE_WORDS | FALSE_WORDS:
            raise SettingsError(f"{variable(one)} must be on or off, not {raw!r}")
        return raw.lower() in TRUE_WORDS
    try:
        return kind(raw)
    except ValueError:
        raise SettingsError(f"{variable(one)} must be a whole number, not {raw!r}") from None


def _check(one: Field[Any], value: Any) -> None:
    choices, least = one.metadata.get("choices"), one.metadata.get("least")
    if choices and value not in choices:
        raise SettingsError(
            f"{variable(one)} must be one of {', '.join(choices)}, not {value!r}"
        )
    if least is not None and value < least:
        raise SettingsError(f"{variable(one)} must be at least {least}, not {value}")


def _masked(one: Field[Any], value: Any) -> str:
    if one.metadata["secret"]:
        return "********" if value else ""
    if one.name == "redis_url":
        return mask_url(value)
    return _written(value)


def mask_url(url: str) -> str:
    """A URL with its password masked, safe to log."""
    parts = urlsplit(url)
    if _PASSWORD.search(parts.query):
        masked = _PASSWORD.sub(r"\1********", parts.query)
        return mask_url(url.replace(f"?{parts.query}", f"?{masked}"))
    login, at, hosts = parts.netloc.rpartition("@")
    if not at:
        return url
    user = login.partition(":")[0]
    return urlunsplit(parts._replace(netloc=f"{user}:********@{hosts}"))
