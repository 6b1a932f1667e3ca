"""Every error of the service on one page; `api/problems.py` turns them into answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moderation.trainings import Training


class ModerationError(Exception):
    """Base of all errors of this service."""


class SettingsError(ModerationError):
    """Raised when a `MODERATION_…` variable or a flag cannot be used as it is."""


class RedisAwayError(ModerationError):
    """Raised when Redis does not answer, is still loading, or is out of memory."""


class NewerRecordError(ModerationError):
    """Raised when a newer version of the service has written to this Redis."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(
            f"a newer version of this service wrote these data (schema {found}; this one knows "
            f"up to {known}): start that version, or restore a backup from before it"
        )


class BackupError(ModerationError):
    """Raised when data cannot be copied, or a copy not be unpacked; says what to do."""


class UnknownSiteError(ModerationError):
    """Raised when a command names a site that does not exist."""


class SiteExistsError(ModerationError):
    """Raised when a site is to be created under an id that is taken."""


class UnknownApiKeyError(ModerationError):
    """Raised when a site has no key of that id (any more)."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"this site has no API key {key_id!r}")


class UnsuitableKeyError(ModerationError):
    """Raised when an API key cannot be made as it is wanted; `field` says what is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class UnknownCommentError(ModerationError):
    """Raised when a site has no such comment, or has erased it."""


class UnknownModeratorError(ModerationError):
    """Raised when nobody has the name of a moderator."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no moderator {name!r} here")


class ModeratorExistsError(ModerationError):
    """Raised when a moderator is to be made under a name that is taken."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the moderator {name!r} exists already")


class NotAllowedError(ModerationError):
    """Raised when somebody may not do that, or not to that person."""


class UnsuitableError(ModerationError):
    """Raised when a moderator's name or a new password cannot be used as it is."""


class SignInRefusedError(ModerationError):
    """Raised when somebody cannot be signed in; the message tells nothing about others."""


class OpenIdError(ModerationError):
    """Raised when an OpenID Connect provider is away or answers what it must not."""


class TooManyTriesError(ModerationError):
    """Raised when somebody tried to sign in too often."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"too many tries to sign in; wait {wait_s} s")
        self.wait_s = wait_s


class RevisionConflictError(ModerationError):
    """Raised when a decision expects another revision than the current one."""

    def __init__(self, current_revision: int) -> None:
        super().__init__(f"the comment is at revision {current_revision}")
        self.current_revision = current_revision


class DecidedByOtherError(ModerationError):
    """Raised when somebody else decided a comment first; carries that decision."""

    def __init__(self, decision: dict[str, Any]) -> None:
        super().__init__("somebody else decided this comment first")
        self.decision = decision


class NothingToUndoError(ModerationError):
    """Raised when there is no decision of a person to take back."""


class UnknownBatchError(ModerationError):
    """Raised when a site has no such batch, or no longer."""


class BatchSizeError(ModerationError):
    """Raised when a batch would have no comment at all, or more than one may have."""


class PolicyChangedError(ModerationError):
    """Raised when a policy is to be replaced that somebody else has replaced already."""

    def __init__(self) -> None:
        super().__init__("the policy was changed by somebody else; read it again")


class UnknownPolicyVersionError(ModerationError):
    """Raised when a version of a policy never was, or is no longer kept."""

    def __init__(self, version: int) -> None:
        super().__init__(f"the policy has no version {version}, or no longer")


class PolicyFullError(ModerationError):
    """Raised when a list of a policy has no room for one more entry."""


class UnknownReleaseError(ModerationError):
    """Raised when a site has no such release, or its file is no longer kept."""

    def __init__(self, version: str) -> None:
        super().__init__(f"there is no release {version!r} here, or its file is no longer kept")


class ReleaseExistsError(ModerationError):
    """Raised when a release is to be stored under the version of another one."""

    def __init__(self, version: str) -> None:
        super().__init__(f"there is another release {version!r} here already")


class ReleasesChangedError(ModerationError):
    """Raised when others put another release on duty at the same moment."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or "another release was put on duty meanwhile; look again")


class WorseReleaseError(ModerationError):
    """Raised when a release is to be promoted that is worse than the active one."""

    def __init__(self, version: str, sentences: Sequence[str]) -> None:
        super().__init__(f"the release {version} is worse than the active one")
        self.sentences = tuple(sentences)


class StaleComparisonError(ModerationError):
    """Raised when a release was never compared with the one that is active now."""

    def __init__(self, version: str, active: str) -> None:
        super().__init__(
            f"the release {version} was not compared with {active}, which is active: "
            "compare it first"
        )


class ReasonMissingError(ModerationError):
    """Raised when something is forced and nobody says why."""


class NothingToRollBackError(ModerationError):
    """Raised when no other release was active before."""

    def __init__(self) -> None:
        super().__init__("no other release was active before this one")


class UnknownTrainingError(ModerationError):
    """Raised when a site has no such training, or no longer."""

    def __init__(self, training_id: str) -> None:
        super().__init__(f"this site has no training {training_id!r}, or no longer")


class TrainingRunningError(ModerationError):
    """Raised when a training is to begin while another of the site has not ended."""

    def __init__(self, training: Training) -> None:
        super().__init__(
            f"a training of this site is {training.state}, started by {training.started_by}; "
            "wait for it, or cancel it"
        )
        self.training = training


class TrainingOverError(ModerationError):
    """Raised when a training is to be cancelled that has ended already."""


class UnsuitableScheduleError(ModerationError):
    """Raised when a schedule cannot be read, or would never come."""


class UnknownLabelError(ModerationError):
    """Raised when a label, or a doubt about one, is not there (any more)."""


class OpinionRefusedError(ModerationError):
    """Raised when a second opinion would be none: one's own, given before, or of nothing."""


class CursorExpiredError(ModerationError):
    """Raised when decisions after a cursor have already left the record."""


class NoAnswerError(ModerationError):
    """Raised when no worker answers in time."""


class SupervisorError(ModerationError):
    """Raised when the service cannot be started on this machine."""


class UnknownEndpointError(ModerationError):
    """Raised when a site has no such endpoint (any more)."""

    def __init__(self, endpoint_id: str) -> None:
        super().__init__(f"there is no webhook endpoint {endpoint_id!r}")


class TooManyEndpointsError(ModerationError):
    """Raised when a site has as many endpoints as it may."""

    def __init__(self, most: int) -> None:
        super().__init__(f"a site has at most {most} webhook endpoints; remove one first")


class TooManyStreamsError(ModerationError):
    """Raised when an API key has as many event streams open as it may."""

    def __init__(self, most: int) -> None:
        super().__init__(f"this API key has {most} event streams open, as many as it may")


class UnsuitableWebhookError(ModerationError):
    """Raised when a webhook endpoint, or what it is to be sent again, cannot be as asked."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class EndpointDisabledError(ModerationError):
    """Raised when an endpoint is to be pinged to which nothing is sent."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"this endpoint is disabled: {reason}; enable it first")


class UnknownMessageError(ModerationError):
    """Raised when a site has no such message, or its content is no longer kept."""

    def __init__(self, message_id: str) -> None:
        super().__init__(f"there is no message {message_id!r} that can be sent again")


class UnsuitableRetentionError(ModerationError):
    """Raised when a time to keep data for cannot be read, or is too long.

    `rule` says which it is of, "" where that is known otherwise.
    """

    def __init__(self, message: str, rule: str = "") -> None:
        super().__init__(message)
        self.rule = rule


class RetentionChangedError(ModerationError):
    """Raised when rules are to be replaced that somebody else has replaced already."""

    def __init__(self) -> None:
        super().__init__("the retention was changed by somebody else; read it again")


class ArchiveBusyError(ModerationError):
    """Raised when the archive or a site's retention is being worked on elsewhere."""


class ArchiveUnusableError(ModerationError):
    """Raised when the folder of the archive cannot be written; nothing left the record then."""


class ArchiveDamagedError(ModerationError):
    """Raised when a file of the archive cannot be read; the message names file and line."""
