"""What a worker has loaded before its first comment."""

from __future__ import annotations

import json

from models.latin import latin_languages
from moderation.settings import Settings
from workers.model import facts_of_default, load_default


def test_what_tells_languages_is_loaded_with_the_release():
    latin_languages.cache_clear()

    release = load_default(Settings())

    assert latin_languages.cache_info().currsize == 1
    assert "en" in release.languages


def test_the_facts_of_the_release_are_few_and_from_its_manifest():
    facts = facts_of_default(Settings())

    assert "en" in facts["languages"]
    assert facts["trained_on_comments"] > 100_000
    assert any(row["category"] == "label" and row["roc_auc"] > 0.9 for row in facts["metrics"])
    # They go with every heartbeat.
    assert len(json.dumps(facts)) < 10_000
