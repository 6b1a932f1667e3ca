"""Every setting: its environment variable, default, meaning. Nothing else reads `os.environ`.

A setting is a field of `Settings`; its variable is `MODERATION_` and the field's name in
capitals; with `_FILE` behind it, the variable names a file that holds the value.
`moderation settings` prints this table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from moderation.errors import SettingsError

PREFIX = "MODERATION_"
#: A variable that ends so names a file that holds the value, as container secrets are given.
FILE_SUFFIX = "_FILE"
TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
MASK = "********"
#: Scheme and user name, then all up to the last `@`: a password may hold anything.
_LOGIN = re.compile(r"(?s)\A([^:/]*://[^:@/]*).*@")
_PASSWORD = re.compile(r"(?is)(?<=[?&]password=)[^&]*")
FALSE_WORDS = frozenset({"0", "false", "no", "off", ""})


def _setting(default: Any, help_text: str, *, secret: bool = False, **checks: Any) -> Any:
    return field(default=default, metadata={"help": help_text, "secret": secret, **checks})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings, immutable. Build with `load` or by keyword in tests."""

    redis_url: str = _setting(
        "",
        "Redis or Valkey to use: redis://, rediss://, unix://, "
        "sentinel://[user:password@]host:port[,host:port]/SERVICE[/DB] or "
        "redis+cluster://[user:password@]host:port[,host:port] (TLS: rediss+cluster://). "
        "Empty: `moderation run` starts its own.",
    )
    rq_url: str = _setting(
        "",
        "Redis for RQ's jobs, where a cluster has the record: RQ cannot run on one. "
        "They are few and may be lost. Empty: the same as the record's.",
    )
    replicas_waited: int = _setting(
        0,
        "Replicas that must have a comment, a person's decision or an erasure before it is "
        "acknowledged; 503 if they do not within a second.",
        least=0,
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
    max_connections: int = _setting(
        2_000,
        "Connections that each process of the HTTP service serves at once; "
        "further ones are answered with 503.",
        least=1,
    )
    client_timeout_s: int = _setting(
        20,
        "How long a client may take to send a request's head; body and answer get a second "
        "more for each 4 KiB.",
        least=1,
    )
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
        20_000,
        "Requests that an API key may make in a rate window, unless `moderation site limit` "
        "says otherwise; 0: no limit.",
        least=0,
    )
    rate_window_s: int = _setting(10, "Length of the rate window in seconds.", least=1)
    max_streams: int = _setting(
        1_000,
        "Event streams that an API key may have open at once, in all processes together; "
        "0: any number.",
        least=0,
    )
    max_pending: int = _setting(
        200_000,
        "Comments that may wait for a decision; batches are refused from three quarters of "
        "it, and a site may have as many waiting as there is room left for all.",
        least=1,
    )
    max_memory_mb: int = _setting(
        0,
        "Megabytes that the record may take; comments are refused from nine tenths of it, "
        "batches earlier. 0: as many as Redis itself says (maxmemory).",
        least=0,
    )
    max_wait_s: int = _setting(
        30, "Longest that `Prefer: wait` holds a request open, in seconds.", least=0
    )
    decisions_kept: int = _setting(
        1_000_000, "Decisions kept for each site's feed; older ones leave it.", least=1
    )
    idempotency_ttl_s: int = _setting(
        86_400, "How long an Idempotency-Key is remembered, in seconds.", least=1
    )
    ip_addresses: str = _setting(
        "truncate",
        "What is kept of IP addresses of authors and moderators: truncate (the /24 or /48 "
        "network), hash (keyed with the service's secret) or full.",
        choices=("truncate", "hash", "full"),
    )
    archive_dir: str = _setting(
        "",
        "Folder of the archive: what retention takes out of Redis is written there first. "
        "Empty: it is erased.",
    )
    log_level: str = _setting(
        "INFO", "Least severe log line shown.", choices=("DEBUG", "INFO", "WARNING", "ERROR")
    )
    log_format: str = _setting(
        "auto",
        "How log lines look: json, text, or auto: text on a terminal and for commands, "
        "otherwise a JSON object a line.",
        choices=("auto", "json", "text"),
    )
    log_requests: bool = _setting(
        False,
        "Log a line for each request answered, comment decided and message sent: ids and "
        "figures, never a text.",
    )

    @classmethod
    def load(cls, environ: Mapping[str, str], **flags: Any) -> Settings:
        """Settings from the environment; a flag that is not None wins over its variable.

        Raises:
            SettingsError: a value cannot be used.
        """
        known = {variable(one): one for one in fields(cls)}
        kinds = get_type_hints(cls)
        given = {**_from_files(environ, known), **environ}
        values = {
            one.name: _parse(one, kinds[one.name], given[name])
            for name, one in known.items()
            if name in given
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
        known |= {name + FILE_SUFFIX for name in known}
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


def _from_files(environ: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """The values that lie in files: name of variable → content, less the newline at its end."""
    found = {}
    for name in names:
        if path := environ.get(name + FILE_SUFFIX):
            try:
                found[name] = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                raise SettingsError(f"{name}{FILE_SUFFIX} cannot be read: {error}") from None
    return found


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
        return MASK if value else ""
    if one.name in ("redis_url", "rq_url"):
        return mask_url(value)
    return _written(value)


def mask_url(url: str) -> str:
    """A URL with its password masked, safe to log.

    Takes no URL apart: in one that is not well-formed, of an unescaped `/` in its password say,
    the password is masked all the same.
    """
    return _PASSWORD.sub(MASK, _LOGIN.sub(rf"\1:{MASK}@", url))
