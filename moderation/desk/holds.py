"""Holding everything of an author or article, and closing articles: edits of the policy."""

from __future__ import annotations

from dataclasses import dataclass, replace

from moderation.domain import Actor
from moderation.errors import PolicyFullError
from moderation.policy import LIST_ENTRIES, Policy
from moderation.record import Record


@dataclass(frozen=True, slots=True)
class ArticleRules:
    """What a site's policy says about one article."""

    is_held: bool
    is_closed: bool


class Holds:
    """Changes one entry of a site's policy, whoever else changes the rest of it meanwhile.

    Changes may raise `PolicyFullError`: the list of the policy has no room.
    """

    def __init__(self, record: Record) -> None:
        self._record = record

    def holds_author(self, site: str, author_id: str) -> bool:
        """Whether every comment of an author is held."""
        return author_id in self._record.policies.current(site).policy.held_authors

    def of_article(self, site: str, article_id: str) -> ArticleRules:
        """What holds for an article's comments."""
        policy = self._record.policies.current(site).policy
        return ArticleRules(
            article_id in policy.held_articles, article_id in policy.closed_articles
        )

    def hold_author(self, actor: Actor, author_id: str, *, on: bool) -> None:
        """Holds every further comment of an author, or no longer."""
        self._set(actor, "held_authors", author_id, on=on)

    def hold_article(self, actor: Actor, article_id: str, *, on: bool) -> None:
        """Holds every further comment on an article, or no longer."""
        self._set(actor, "held_articles", article_id, on=on)

    def close_article(self, actor: Actor, article_id: str, *, on: bool) -> None:
        """Takes no further comments on an article, or takes them again."""
        self._set(actor, "closed_articles", article_id, on=on)

    def _set(self, actor: Actor, name: str, entry: str, *, on: bool) -> None:
        self._record.policies.change(
            actor.site, lambda policy: _with(policy, name, entry, on=on), who=actor.name
        )


def _with(policy: Policy, name: str, entry: str, *, on: bool) -> Policy:
    entries: tuple[str, ...] = getattr(policy, name)
    if on == (entry in entries):
        return policy
    if on and len(entries) >= LIST_ENTRIES:
        raise PolicyFullError(f"{name} of the policy has {LIST_ENTRIES:,} entries, the most")
    changed = (*entries, entry) if on else tuple(one for one in entries if one != entry)
    return replace(policy, **{name: changed})  # type: ignore[arg-type] # one of `LISTS`
