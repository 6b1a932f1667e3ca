"""The articles of the site: one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Article:
    """What the moderation service is told of an article: moderators see and follow it."""

    id: str
    title: str
    url: str


def the_article(public_url: str) -> Article:
    """The site's one article; its text is in `templates/article.html`."""
    return Article("last-ferry", "The ferry that waits for you", f"{public_url}/")
