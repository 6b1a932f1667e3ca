"""A comment as the page shows it: what the template needs, nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from moderation.bars import Bar, bars
from moderation.demo import wording
from moderation.domain import Comment, Status
from moderation.marks import Piece
from moderation.wording import category_label

#: Colours of the avatars in demo.css.
HUES = 6
NAMELESS = "A reader"


@dataclass(frozen=True, slots=True)
class Card:
    """One comment in the list. What only its author may see is empty for everybody else."""

    comment: Comment
    pieces: tuple[Piece, ...]
    is_own: bool
    is_open: bool = False
    thresholds: Mapping[str, float] | None = None

    @property
    def anchor(self) -> str:
        """An id for the page; a comment's own id may be any string."""
        return anchor(self.comment.id)

    @property
    def name(self) -> str:
        """The name that the author gave."""
        return str(self.comment.content["author"].get("name") or NAMELESS)

    @property
    def initial(self) -> str:
        """What stands in the avatar."""
        first = self.name.strip()[:1].upper()
        return first if first.isalnum() else "?"

    @property
    def hue(self) -> int:
        """The avatar's colour, the same for all comments of an author."""
        author_id = str(self.comment.content["author"]["id"])
        return sha256(author_id.encode("utf-8", "replace")).digest()[0] % HUES

    @property
    def status(self) -> Status:
        """Where the comment stands."""
        return self.comment.status

    @property
    def title(self) -> str:
        """The status in a few words."""
        return wording.title(self.comment.status)

    @property
    def explanation(self) -> str:
        """Why it stands so."""
        return wording.explanation(self.comment)

    @property
    def decided_in(self) -> str:
        """How long the decision took."""
        return wording.decided_in(self.comment)

    @property
    def model(self) -> str:
        """The version of the model that scored it."""
        return str((self.comment.decision or {}).get("model") or "")

    @property
    def bars(self) -> list[Bar]:
        """The scores, in the release's order, with the thresholds that they were held to."""
        return bars(self.comment.decision, self.thresholds or {})

    @property
    def marked_for(self) -> str:
        """The category whose words are marked; "" if none are."""
        categories = (piece.category for piece in self.pieces if piece.category)
        return category_label(next(categories, ""))


def anchor(comment_id: str) -> str:
    """The id of a comment's element in the page."""
    return "comment-" + sha256(comment_id.encode("utf-8", "replace")).hexdigest()[:16]
