"""What a worker has loaded before its first comment."""

from __future__ import annotations

from models.latin import latin_languages
from moderation.settings import Settings
from workers.model import load_active


def test_what_tells_languages_is_loaded_with_the_release():
    latin_languages.cache_clear()

    release = load_active(Settings())

    assert latin_languages.cache_info().currsize == 1
    assert "en" in release.languages
