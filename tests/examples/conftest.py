"""What the tests of the examples share: a site in this process, and a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from examples.article_site.app import create_app
from examples.article_site.articles import Article, the_article
from examples.article_site.store import Store
from tests.console.conftest import browsers, open_browser

__all__ = ["browsers", "open_browser"]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty database of the site."""
    return Store(tmp_path / "article_site")


@pytest.fixture
def article() -> Article:
    """The site's article, where readers of a test would find it."""
    return the_article("http://127.0.0.1:8080")


@pytest.fixture
def site(store: Store, article: Article) -> Flask:
    """The site, whose courier sleeps on."""
    return create_app(store, article=article, wake_courier=lambda: None)
