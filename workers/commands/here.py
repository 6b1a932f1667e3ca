"""The site that a command is about, in the record of the service beside it."""

from __future__ import annotations

from dataclasses import dataclass

from moderation.desk.people import operator
from moderation.desk.releases import Releases
from moderation.desk.trainings import Trainings
from moderation.domain import Actor
from moderation.errors import UnknownSiteError
from moderation.record import Record
from moderation.settings import Settings


@dataclass(frozen=True)
class Here:
    """A site, its record, and the settings of the service."""

    record: Record
    settings: Settings
    site: str

    @classmethod
    def at(cls, settings: Settings, site: str) -> Here:
        """A site that there is.

        Raises:
            UnknownSiteError: there is none of that id.
        """
        record = Record(settings)
        if not record.sites.exists(site):
            raise UnknownSiteError(
                f"there is no site {site!r}; `moderation site list` shows them"
            )
        return cls(record, settings, site)

    @property
    def operator(self) -> Actor:
        """Whoever types the command."""
        return operator(self.site)

    @property
    def trainings(self) -> Trainings:
        """The site's trainings."""
        return Trainings(self.record)

    @property
    def releases(self) -> Releases:
        """The site's releases."""
        return Releases(self.record)
