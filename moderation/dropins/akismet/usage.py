"""How often a site's keys were used for Akismet's calls, month by month, and the reports of it.

Counted among the site's daily figures, so a month can be told for as long as those are kept.
What the reports hold: https://akismet.com/developers/detailed-docs/key-sites-activity/.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from moderation.record.daily import KEPT_S, Daily

_KEPT_DAYS = KEPT_S // 86_400
_FIGURE = "akismet|"
_COLUMNS = (
    "Site",
    "Total API Calls",
    "Spam",
    "Ham",
    "Missed Spam",
    "False Positives",
    "Is Revoked",
)


class Call(StrEnum):
    """What is counted, named as in the reports."""

    SPAM = "spam"
    HAM = "ham"
    MISSED_SPAM = "missed_spam"
    FALSE_POSITIVES = "false_positives"


@dataclass(frozen=True, slots=True)
class SiteMonth:
    """The calls of a site in the month that begins on a day."""

    site: str
    month: date
    calls: Counter[str]

    @property
    def checks(self) -> int:
        """How many comments were checked."""
        return self.calls[Call.SPAM] + self.calls[Call.HAM]

    def lines(self) -> list[dict[str, Any]]:
        """The lines of a report: one, since a key belongs to one site; none without calls."""
        if not self.calls.total():
            return []
        counts = {call.value: str(self.calls[call]) for call in Call}
        return [
            {"site": self.site, "api_calls": str(self.checks), **counts, "is_revoked": False}
        ]


@dataclass(frozen=True, slots=True)
class Page:
    """Which lines of a report to give."""

    filter: str = ""
    limit: int = 500
    offset: int = 0

    def to_json(self, found: SiteMonth) -> dict[str, Any]:
        """A page of the report."""
        lines, total = self._of(found)
        month = f"{found.month:%Y-%m}"
        return {month: lines, "limit": self.limit, "offset": self.offset, "total": total}

    def to_csv(self, found: SiteMonth) -> str:
        """The same as a table below its title."""
        lines, total = self._of(found)
        written = io.StringIO()
        written.write(
            f"Active sites for {found.site} during {found.month:%Y-%m} "
            f"(limit:{self.limit}, offset: {self.offset}, total: {total})\n"
        )
        rows = csv.writer(written, lineterminator="\n")
        rows.writerow(_COLUMNS)
        rows.writerows([*list(line.values())[:-1], "false"] for line in lines)
        return written.getvalue()

    def _of(self, found: SiteMonth) -> tuple[list[dict[str, Any]], int]:
        lines = [line for line in found.lines() if self.filter in line["site"]]
        return lines[self.offset : self.offset + self.limit], len(lines)


def count(daily: Daily, site: str, call: Call) -> None:
    """Counts one call of a site.

    Raises:
        RedisAwayError: Redis does not answer.
    """
    daily.add({site: {_FIGURE + call: 1}})


def usage(daily: Daily, site: str, month: date) -> SiteMonth:
    """The calls of a site in the month of UTC that begins on this day.

    Raises:
        RedisAwayError: Redis does not answer.
    """
    days_ago = (datetime.now(UTC).date() - month).days
    calls: Counter[str] = Counter()
    for day, figures in daily.read(site, min(days_ago + 1, _KEPT_DAYS)):
        if day.replace(day=1) == month:
            calls.update({call.value: figures.get(_FIGURE + call, 0) for call in Call})
    return SiteMonth(site, month, calls)


def this_month() -> date:
    """The first day of this month of UTC."""
    return datetime.now(UTC).date().replace(day=1)
