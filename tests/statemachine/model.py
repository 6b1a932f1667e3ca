"""What the record must say, kept in plain dictionaries; knows no Redis and nothing of ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

STATUS_AFTER = {"approve": "approved", "hold": "held", "reject": "rejected"}
REPORTS_TO_HOLD = 2
MACHINE, READERS = "the machine", "readers"


class GoneError(Exception):
    """There is no such comment, or it was erased."""


class RefusedError(Exception):
    """Somebody was first, or there is nothing to undo."""


@dataclass(frozen=True)
class Post:
    """A comment as a site posts it; `day` is when it was created."""

    id: str
    article: str
    author: str
    text: str
    lane: str
    is_rude: bool
    key: str | None = None
    parent: str | None = None
    day: int = 0

    @property
    def digest(self) -> str:
        """The same for the same comment posted again."""
        return f"{self.article} {self.author} {self.text} {self.parent}"


@dataclass(frozen=True)
class Decision:
    """One decision, and which action by whom stands after it, if any does."""

    action: str
    by: str
    stands: tuple[str, str] | None
    is_undoing: bool = False

    @property
    def is_by_person(self) -> bool:
        """Whether a moderator made it."""
        return self.by not in (MACHINE, READERS)


@dataclass
class Comment:
    """One comment and what became of it."""

    post: Post
    decisions: list[Decision] = field(default_factory=list)
    is_drawn: bool = False
    named_reports: set[str] = field(default_factory=set)
    unnamed_reports: int = 0
    claimed_by: str | None = None

    @property
    def revision(self) -> int:
        """How many decisions there are."""
        return len(self.decisions)

    @property
    def status(self) -> str:
        """Where it stands."""
        return STATUS_AFTER[self.decisions[-1].action] if self.decisions else "pending"

    @property
    def has_verdict(self) -> bool:
        """Whether a person's approval or rejection stands."""
        stands = self.decisions[-1].stands if self.decisions else None
        return bool(stands and stands[1] not in (MACHINE, READERS) and stands[0] != "hold")

    @property
    def waits_for_review(self) -> bool:
        """Whether it was drawn and nobody has looked."""
        return self.is_drawn and self.status == "approved" and not self.has_verdict


class Model:
    """One site.

    Args:
        is_drawn: whether a comment that the machine approves is drawn for review.
    """

    def __init__(self, is_drawn: Callable[[str], bool]) -> None:
        self._is_drawn = is_drawn
        #: In the order in which they were accepted.
        self.comments: dict[str, Comment] = {}
        self.erased: set[str] = set()
        self.keys: dict[str, tuple[str, str]] = {}
        self.closed: set[str] = set()
        self.feed: list[tuple[str, int, str]] = []
        self.kept_texts: set[str] = set()
        #: Lane → comments that no worker was given yet.
        self.not_given: dict[str, list[str]] = {"live": [], "bulk": []}

    @property
    def known(self) -> list[str]:
        """Every id that was ever accepted."""
        return [*self.comments, *sorted(self.erased)]

    def accept(self, post: Post) -> tuple[str, str]:
        """What becomes of a post, and the comment that it concerns."""
        if post.key in self.keys:
            digest, comment_id = self.keys[post.key]
            return ("repeat" if digest == post.digest else "conflict"), comment_id
        if post.id in self.erased:
            return "erased", post.id
        if post.id in self.comments:
            is_same = self.comments[post.id].post.digest == post.digest
            return ("repeat" if is_same else "conflict"), post.id
        if post.article in self.closed:
            return "closed", post.id
        parent = self.comments.get(post.parent) if post.parent else None
        if post.parent and (parent is None or parent.post.article != post.article):
            return "unknown_parent", post.id
        self.comments[post.id] = Comment(post)
        self.not_given[post.lane].append(post.id)
        if post.key:
            self.keys[post.key] = post.digest, post.id
        return "accepted", post.id

    def give(self, most: int) -> list[str]:
        """What a worker is given that asks for so many."""
        lane = "live" if self.not_given["live"] else "bulk"
        given, self.not_given[lane] = self.not_given[lane][:most], self.not_given[lane][most:]
        return given

    def settle(self, comment_id: str, *, is_scored: bool) -> None:
        """The machine's decision, unless somebody was first or it is gone."""
        comment = self.comments.get(comment_id)
        if comment is None or comment.decisions:
            return
        action = "hold" if comment.post.is_rude or not is_scored else "approve"
        self._add(comment, action, MACHINE)
        comment.is_drawn = action == "approve" and self._is_drawn(comment_id)

    def decide(self, comment_id: str, who: str, action: str, expected: int) -> None:
        """A person's decision, made having seen so many."""
        comment = self._comment(comment_id)
        latest = comment.decisions[-1] if comment.decisions else None
        is_repeat = (
            latest is not None
            and comment.revision == expected + 1
            and (latest.by, latest.action, latest.is_undoing) == (who, action, False)
        )
        if is_repeat:
            return
        if expected != comment.revision:
            raise RefusedError
        self._add(comment, action, who)
        comment.claimed_by = None

    def undo(self, comment_id: str, who: str) -> None:
        """Takes the last decision back."""
        comment = self._comment(comment_id)
        if not comment.decisions or not comment.decisions[-1].is_by_person:
            raise RefusedError
        before = comment.decisions[-2].stands if comment.revision > 1 else None
        action = before[0] if before else "hold"
        self._append(comment, Decision(action, who, before, is_undoing=True))
        comment.claimed_by = None

    def report(self, comment_id: str, reporter: str | None, times: int = 1) -> int:
        """A reader's report; how many there are then."""
        comment = self._comment(comment_id)
        if reporter:
            comment.named_reports.add(reporter)
        else:
            comment.unnamed_reports += times
        reports = len(comment.named_reports) + comment.unnamed_reports
        is_untouched = comment.status == "approved" and not comment.decisions[-1].is_by_person
        if reports >= REPORTS_TO_HOLD and is_untouched:
            if comment.waits_for_review:
                comment.is_drawn = False
            self._add(comment, "hold", READERS)
        return reports

    def claim(self, comment_id: str, who: str) -> str:
        """Who looks at it then."""
        comment = self._comment(comment_id)
        comment.claimed_by = comment.claimed_by or who
        return comment.claimed_by

    def erase(self, comment_id: str, *, keep_labels: bool) -> None:
        """Erases a comment; a second time changes nothing."""
        if comment_id in self.erased:
            return
        comment = self._comment(comment_id)
        if keep_labels and comment.has_verdict:
            self.kept_texts.add(comment.post.text)
        elif not keep_labels:
            self.kept_texts.discard(comment.post.text)
        for waiting in self.not_given.values():
            if comment_id in waiting:
                waiting.remove(comment_id)
        del self.comments[comment_id]
        self.erased.add(comment_id)

    def of_author(self, author: str) -> list[str]:
        """An author's comments, the oldest first."""
        theirs = [one.post for one in self.comments.values() if one.post.author == author]
        return [post.id for post in sorted(theirs, key=lambda post: post.day)]

    def standing(self, *, article: str, status: str) -> list[str]:
        """An article's comments that stand so, in order."""
        return [
            one.post.id
            for one in self.comments.values()
            if (one.post.article, one.status) == (article, status)
        ]

    def _comment(self, comment_id: str) -> Comment:
        if comment_id not in self.comments:
            raise GoneError
        return self.comments[comment_id]

    def _add(self, comment: Comment, action: str, by: str) -> None:
        self._append(comment, Decision(action, by, (action, by)))

    def _append(self, comment: Comment, decision: Decision) -> None:
        comment.decisions.append(decision)
        self.feed.append((comment.post.id, comment.revision, decision.action))
