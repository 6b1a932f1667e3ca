"""Releases that a site has of its own, made for tests: stored, and compared for real."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from models import release_files as releases
from models.dataset import Example
from models.measuring import regression_set
from models.measuring.guards import compare_releases
from moderation.record import Record
from moderation.releases import ReleaseFiles, StoredRelease
from tests.conftest import DEMO_SITE
from workers.proposals import proposals

#: What workers say that they score with where a site has no release of its own.
SHIPPED = "2026.11-2"
CLASSIFIER = b"a classifier, as far as the record knows"
CARD = "# Release\n\n<script>alert(1)</script>\n"
MANIFEST: Mapping[str, Any] = {
    "schema": 2,
    "sha256": "0" * 64,
    "categories": ["toxicity", "spam"],
    "thresholds": {"toxicity": 0.8, "spam": 0.5},
    "languages": ["en"],
    "parent": {"version": SHIPPED, "weights": "1" * 64},
    "command": "moderation train",
    "data": [{"file": "labels.jsonl", "sha256": "2" * 64, "comments": 500, "skipped_rows": 0}],
    "data_sha256": "3" * 64,
    "code_sha256": "4" * 64,
    "trained_on_comments": 350,
    "calibrated_on_comments": 50,
    "kept_back_comments": 100,
    "labelled": {"toxicity": {"0": 212, "1": 138}},
    "metrics": {"kept back": {"label": {"rows": 100, "positives": 40, "roc_auc": 0.9123}}},
}


def store(
    record: Record,
    version: str,
    evaluation: Mapping[str, Any] | None = None,
    *,
    compared_with: str = SHIPPED,
    site: str = DEMO_SITE,
) -> StoredRelease:
    """Stores a candidate of a site, compared if an evaluation is given."""
    files = ReleaseFiles(
        json.dumps({**MANIFEST, "version": version}).encode(), CLASSIFIER, CARD
    )
    return record.releases.add(
        site,
        files,
        created_by="anna",
        evaluation=evaluation,
        compared_with=compared_with if evaluation else "",
    )


def tell_shipped(record: Record, worker: str = "w1", **state: Any) -> None:
    """Has a worker say that it is alive and scores with the shipped release."""
    told = {
        "release": SHIPPED,
        "categories": ["toxicity", "spam"],
        "thresholds": {"toxicity": 0.8, "spam": 0.5},
        "host": "alpha",
    }
    record.queue.tick(worker, {**told, **state})


@cache
def no_worse() -> dict[str, Any]:
    """What a comparison says of a release that is the same as the other."""
    return _compared({})


@cache
def worse() -> dict[str, Any]:
    """What a comparison says of a release that holds nearly everything."""
    return _compared({"toxicity": 0.01})


def _compared(thresholds: Mapping[str, float]) -> dict[str, Any]:
    """The shipped release beside itself with other thresholds; our own sentences are labels."""
    shipped = releases.load(releases.shipped())
    changed = replace(
        shipped, version="candidate", thresholds={**shipped.thresholds, **thresholds}
    )
    labels = [Example(one.text, dict(one.labels)) for one in regression_set.examples()]
    told: dict[str, Any] = {
        **compare_releases(changed, shipped, labels).as_dict(),
        "proposals": proposals(changed, labels),
    }
    written: dict[str, Any] = json.loads(json.dumps(told))
    return written
