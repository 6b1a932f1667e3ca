"""The audit log: who did what, when, to what; filtered, and as a file for a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from itertools import chain, islice
from urllib.parse import urlencode

from flask import Response, abort, request

from moderation import hostile
from moderation.api.base import services
from moderation.console.base import console_blueprint, me, page, position_before
from moderation.console.cards import comment_url
from moderation.encoding import compact_json
from moderation.record.audit import AuditEntry, AuditKind, Wanted
from moderation.record.daily import EPOCH

blueprint = console_blueprint("audit", __name__)

PAGE_ENTRIES = 100
SUBJECT_CHARACTERS = 80
DETAILS_CHARACTERS = 400
#: Lines of the file that are sent in one piece.
LINES_AT_ONCE = 500
DAY_MS = 86_400_000
FILTERS = ("who", "what", "subject", "from", "to")
KINDS = tuple((kind.value, kind.value.replace("_", " ")) for kind in AuditKind)
#: What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as the page shows it."""

    entry: AuditEntry

    @property
    def who(self) -> str:
        """Who did it."""
        return hostile.one_line(self.entry.who, SUBJECT_CHARACTERS)

    @property
    def what(self) -> str:
        """The kind of thing done, for people."""
        return self.entry.what.value.replace("_", " ")

    @property
    def subject(self) -> str:
        """What it was done to."""
        return hostile.one_line(self.entry.subject, SUBJECT_CHARACTERS)

    @property
    def url(self) -> str:
        """The page of what it was done to, "" if there is none."""
        match self.entry.what:
            case AuditKind.DECISION | AuditKind.UNDO:
                return comment_url(self.entry.subject)
            case AuditKind.BATCH | AuditKind.BATCH_UNDO:
                return f"/console/batch/{self.entry.subject}"
            case AuditKind.POLICY:
                return "/console/policy"
            case AuditKind.RETENTION:
                return "/console/retention"
        return ""

    @property
    def details(self) -> str:
        """More about it on one line."""
        told = (f"{name}: {_told(value)}" for name, value in self.entry.details.items())
        return hostile.one_line(" · ".join(told), DETAILS_CHARACTERS)


def _told(value: object) -> str:
    return value if isinstance(value, str) else compact_json(value)


@blueprint.get("/audit")
def show() -> Response:
    """A page of the log, newest first."""
    filters = _filters()
    found = services().record.audit.page(
        me().actor.site, _wanted(filters), before=position_before(), limit=PAGE_ENTRIES
    )
    position = found.next_position
    return page(
        "console/audit.html",
        active="audit",
        lines=[Line(entry) for entry in found.entries],
        filters=filters,
        kinds=KINDS,
        next_url=_url("audit", {**filters, "before": position}) if position else None,
        first_url=_url("audit", filters) if position_before() else None,
        csv_url=_url("audit.csv", filters),
    )


@blueprint.get("/audit.csv")
def as_csv() -> Response:
    """The log as CSV after RFC 4180, sent while it is read."""
    site, wanted = me().actor.site, _wanted(_filters())
    pieces = _csv(services().record.audit.walk(site, wanted))
    # The first piece is read now, while there is a status to say what is wrong with.
    whole = chain([next(pieces)], pieces)
    disposition = f'attachment; filename="audit-{site}.csv"'
    return Response(
        whole,
        headers={"Content-Disposition": disposition},
        content_type="text/csv; charset=utf-8",
    )


def _filters() -> dict[str, str]:
    """What is asked for, empty parts left out."""
    given = {name: request.args.get(name, "").strip() for name in FILTERS}
    return {name: text for name, text in given.items() if text}


def _wanted(filters: dict[str, str]) -> Wanted:
    first, last = _day(filters.get("from")), _day(filters.get("to"))
    return Wanted(
        who=filters.get("who", ""),
        what=filters.get("what", ""),
        subject=filters.get("subject", ""),
        since_ms=None if first is None else first * DAY_MS,
        until_ms=None if last is None else (last + 1) * DAY_MS - 1,
    )


def _day(text: str | None) -> int | None:
    """Days since 1970."""
    if text is None:
        return None
    try:
        return (date.fromisoformat(text) - EPOCH).days
    except ValueError:
        abort(HTTPStatus.UNPROCESSABLE_ENTITY, "Write a day like 2026-11-24.")


def _url(name: str, query: dict[str, str]) -> str:
    return f"/console/{name}?{urlencode(query)}" if query else f"/console/{name}"


class _Echo:
    """A file for the csv module that gives back what is written to it."""

    def write(self, line: str) -> str:
        return line


def _csv(entries: Iterator[AuditEntry]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    rows = (
        (entry.at, entry.who, entry.what.value, entry.subject, compact_json(entry.details))
        for entry in entries
    )
    header = ("at", "who", "what", "subject", "details")
    lines = (writer.writerow(map(_no_formula, row)) for row in chain([header], rows))
    return iter(lambda: "".join(islice(lines, LINES_AT_ONCE)), "")


def _no_formula(cell: str) -> str:
    """A cell that no spreadsheet calculates: it begins with an apostrophe then."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
