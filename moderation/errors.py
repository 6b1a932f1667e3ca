"""Every error of the service on one page; `api/problems.py` turns them into answers."""

from __future__ import annotations


class ModerationError(Exception):
    """Base of all errors of this service."""


class SettingsError(ModerationError):
    """Raised when a `MODERATION_…` variable or a flag cannot be used as it is."""


class RedisAwayError(ModerationError):
    """Raised when Redis does not answer, is still loading, or is out of memory."""


class UnknownSiteError(ModerationError):
    """Raised when a command names a site that does not exist."""


class SiteExistsError(ModerationError):
    """Raised when a site is to be created under an id that is taken."""


class UnknownCommentError(ModerationError):
    """Raised when a site has no such comment, or has erased it."""


class RevisionConflictError(ModerationError):
    """Raised when a decision expects another revision than the current one."""

    def __init__(self, current_revision: int) -> None:
        super().__init__(f"the comment is at revision {current_revision}")
        self.current_revision = current_revision


class CursorExpiredError(ModerationError):
    """Raised when decisions after a cursor have already left the record."""


class NoAnswerError(ModerationError):
    """Raised when no worker answers in time."""


class SupervisorError(ModerationError):
    """Raised when the service cannot be started on this machine."""
