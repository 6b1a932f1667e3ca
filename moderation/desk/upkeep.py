"""Carries out a site's retention and what erasures leave to do: archive, record, labels, feeds.

Owns the order of the steps. A process may be killed between any two of them: a comment leaves
the record only once it is in the archive and on disk, and whoever comes next first settles the
newest file of the archive, so that no comment is in both for long. Works in slices, so that
Redis and memory are never asked for much at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from moderation.archive import Archive, Row, read
from moderation.desk.labels import Labels
from moderation.errors import ArchiveUnusableError
from moderation.labels import label_id
from moderation.record import Record
from moderation.record.retention import Leaver
from moderation.record.upkeep import Lease, Subject, SubjectKind, digest_of
from moderation.record.whole import WholeComment
from moderation.retention import Retention, is_over, limit_of, without_personal

log = logging.getLogger(__name__)

#: Comments that leave together and lie in one file of the archive.
SLICE = 2_000
#: The feeds that a rule names as they are named in the record.
FEEDS = ("decisions", "audit")


@dataclass
class Swept:
    """What one sweep of a site did."""

    archived: int = 0
    erased: int = 0
    personal: int = 0
    labels: int = 0
    decisions: int = 0
    audit: int = 0


class Keeper:
    """Does the upkeep of the sites while it holds the lease; made by `keeping`."""

    def __init__(
        self, record: Record, archive: Archive | None, lease: Lease, now: datetime
    ) -> None:
        self._record = record
        self._archive = archive
        self._lease = lease
        self._now = now
        self._labels = Labels(record)

    def sweep(self, site: str, rules: Retention) -> Swept:
        """Carries out the rules for everything of a site that is due.

        Raises:
            ArchiveBusyError: it took too long, and another process has gone on with it.
            OSError: the archive cannot be written; nothing has left the record then.
        """
        swept = Swept()
        self._settle_newest(site)
        leaving: dict[str, WholeComment] = {}  # by id: the walk may meet one twice
        for comments in self._record.whole.walk(site):
            self._lease.renew()
            settled = [one for one in comments if one.is_settled]
            due, staying = _split(settled, limit_of(self._now, rules.comments))
            swept.personal += self._forget_personal(site, staying, rules)
            leaving |= {one.id: one for one in due}
            if len(leaving) >= SLICE:
                self._move(site, list(leaving.values()), rules, swept)
                leaving = {}
        self._move(site, list(leaving.values()), rules, swept)
        swept.labels = self._forget_labels(site, rules)
        for feed in FEEDS:
            days = getattr(rules, feed)
            if days is not None:
                limit = self._now - timedelta(days=days)
                setattr(swept, feed, self._record.retentions.trim(site, feed, limit))
        return swept

    def erase_wanted(self, site: str) -> int:
        """Erases beyond the record what was erased in it; how many comments that were.

        That is: comments in the archive, with the labels that they left, and what erased
        authors said about others' comments.
        """
        subjects = self._record.upkeep.wanted(site)
        if not subjects:
            return 0
        archive, found = self._archive, 0
        if archive:
            files = archive.files(site)
            found = sum(self._erase_archived(site, archive, one, subjects) for one in files)
        elif self._record.upkeep.has_archive(site):
            log.warning(
                "comments of the site %s are to be erased from the archive, but "
                "MODERATION_ARCHIVE_DIR is not set here",
                site,
            )
            return 0
        authors = {one.digest for one in subjects if one.kind is SubjectKind.AUTHOR}
        if authors:
            self._forget_reporters(site, authors)
        self._record.upkeep.note_erased(site, subjects)
        return found

    def _settle_newest(self, site: str) -> None:
        """Takes out of the record what a killed process had archived already."""
        if self._archive is None:
            return
        self._archive.tidy(site)
        for path in self._archive.files(site)[-1:]:
            self._retire(site, [(row["id"], row["revision"]) for row in read(path)], path)

    def _move(
        self, site: str, comments: Sequence[WholeComment], rules: Retention, swept: Swept
    ) -> None:
        if not comments:
            return
        self._lease.renew()
        path = None
        if self._archive:
            self._record.upkeep.note_archived(site)
            path = self._archive.add(site, [_row(one, rules) for one in comments])
        left = self._retire(site, [(one.id, one.revision) for one in comments], path)
        if self._archive:
            swept.archived += left
        else:
            swept.erased += left

    def _retire(self, site: str, stood: Sequence[tuple[str, int]], path: Path | None) -> int:
        """Takes comments out of the record; those that it was too late for out of the file."""
        # Labels stay only where an erasure finds them: by the comment in the archive.
        labels = self._labels.outliving(site, [one for one, _ in stood]) if path else {}
        leavers = []
        for comment_id, revision in stood:
            labelled_at, label = labels.get(comment_id, (0, None))
            taught = label if labelled_at == revision else None
            leavers.append(Leaver(comment_id, revision, taught))
        too_late = set(self._record.retentions.retire(site, leavers))
        if path and too_late and self._archive:
            self._archive.rewrite(path, lambda row: row["id"] not in too_late)
        return len(stood) - len(too_late)

    def _forget_personal(
        self, site: str, comments: Sequence[WholeComment], rules: Retention
    ) -> int:
        due, _ = _split(comments, limit_of(self._now, rules.personal))
        forgetful = [
            (one, content) for one in due if (content := without_personal(one.content))
        ]
        self._record.retentions.forget_personal(site, forgetful)
        return len(forgetful)

    def _forget_labels(self, site: str, rules: Retention) -> int:
        limit = limit_of(self._now, rules.labels)
        removed = 0
        if limit:
            for labels in self._record.retentions.labels(site):
                old = [one.id for one in labels if is_over(one.at, limit)]
                self._record.labels.remove(site, old)
                removed += len(old)
        return removed

    def _erase_archived(
        self, site: str, archive: Archive, path: Path, subjects: Sequence[Subject]
    ) -> int:
        self._lease.renew()
        known = {(one.kind, one.digest): one for one in subjects}

        def subject_of(row: Row) -> Subject | None:
            author = str(row["content"]["author"]["id"])
            return known.get((SubjectKind.AUTHOR, digest_of(author))) or known.get(
                (SubjectKind.COMMENT, digest_of(row["id"]))
            )

        found = [(one, row) for row in read(path) if (one := subject_of(row))]
        if not found:
            return 0
        # Labels first: they are found by the texts in the file.
        taught = [row["content"]["text"] for one, row in found if not one.keeps_labels]
        self._record.labels.remove(site, [label_id(text) for text in taught])
        return archive.rewrite(path, lambda row: subject_of(row) is None)

    def _forget_reporters(self, site: str, authors: AbstractSet[str]) -> None:
        for comment in self._record.whole.reported(site):
            self._lease.renew()
            for author, reporter in comment.reporters().items():
                if digest_of(author) in authors:
                    self._record.upkeep.forget_reporter(site, comment.id, reporter)


@contextmanager
def keeping(
    record: Record,
    archive: Archive | None,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Iterator[Keeper]:
    """The one keeper of a record and of an archive.

    Raises:
        ArchiveBusyError: somebody else does the upkeep.
        ArchiveUnusableError: the archive cannot be written.
    """
    try:
        with ExitStack() as stack:
            if archive:
                stack.enter_context(archive.locked())
            yield Keeper(record, archive, stack.enter_context(record.upkeep.lease()), now())
    except OSError as error:
        raise ArchiveUnusableError(f"the archive cannot be written: {error}") from error


def _split(
    comments: Sequence[WholeComment], limit: str | None
) -> tuple[list[WholeComment], list[WholeComment]]:
    """Those that were decided last before the limit, and the others."""
    due = [one for one in comments if is_over(one.decided_at, limit)]
    return due, [one for one in comments if not is_over(one.decided_at, limit)]


def _row(comment: WholeComment, rules: Retention) -> Row:
    """A comment as it is archived: without what would have to go soon."""
    if rules.personal is not None and (content := without_personal(comment.content)):
        comment = replace(comment, content=content)
    return comment.to_json()
