"""First start: the site `demo`, its API key, and the moderator `admin`."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass

from moderation.desk.people import new_password
from moderation.domain import Role
from moderation.errors import SiteExistsError
from moderation.record import Record
from moderation.record.api_keys import Wanted
from moderation.settings import Settings

log = logging.getLogger(__name__)

DEMO_SITE = "demo"
ADMIN = "admin"
#: What the key that the operator chose is called in lists.
PRESET = Wanted("MODERATION_API_KEY")


@dataclass(frozen=True, slots=True)
class NewSecrets:
    """Secrets made at this start, to be shown once; `None` where nothing was made."""

    api_key: str | None = None
    admin_password: str | None = None

    def lines(self) -> list[str]:
        """What to tell whoever starts the service."""
        lines = []
        if self.api_key:
            lines.append(f"API key of the site demo (shown once): {self.api_key}")
        if self.admin_password:
            lines.append(f"password of the moderator admin (shown once): {self.admin_password}")
        return lines


def bootstrap(record: Record, settings: Settings) -> NewSecrets:
    """Makes what a first start needs; at later starts only applies preset secrets.

    Raises:
        RedisAwayError: Redis does not answer.
    """
    record.prepare()
    return NewSecrets(_demo_site(record, settings), _admin(record, settings))


def _demo_site(record: Record, settings: Settings) -> str | None:
    with suppress(SiteExistsError):
        record.sites.create(DEMO_SITE, "Demo")
    if settings.api_key:
        if not record.sites.keys.preset(DEMO_SITE, PRESET, settings.api_key):
            log.warning(
                "MODERATION_API_KEY was revoked or has expired, and stays so: "
                "preset another one, or none"
            )
        return None
    has_key = any(site.id == DEMO_SITE and site.key_count for site in record.sites.all())
    return None if has_key else record.sites.issue_key(DEMO_SITE, name="first start")


def _admin(record: Record, settings: Settings) -> str | None:
    preset = settings.admin_password
    if record.moderators.find(ADMIN) is None:
        password = preset or new_password()
        record.moderators.create(ADMIN, {DEMO_SITE: Role.ADMIN}, password)
        return None if preset else password
    if preset and record.moderators.with_password(ADMIN, preset) is None:
        record.moderators.set_password(ADMIN, preset)
        record.sessions.end_all(ADMIN)
    return None
