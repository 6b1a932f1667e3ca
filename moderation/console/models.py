"""The releases that the workers score with, as they tell it themselves."""

from __future__ import annotations

from flask import Response

from moderation.api.base import services
from moderation.console.base import console_blueprint, page
from moderation.desk.releases import in_use
from moderation.wording import category_label

blueprint = console_blueprint("models", __name__)

#: What the figures of a release call the question "hold or approve" as a whole.
WHOLE = "label"


@blueprint.get("/models")
def show() -> Response:
    """What is in use, how good it was when it was measured, and that there is no candidate."""
    workers = services().record.operations.workers()
    return page(
        "console/models.html",
        active="models",
        releases=in_use(workers),
        silent=[worker for worker in workers if not worker.alive],
        told_category=_told_category,
        whole=WHOLE,
    )


def _told_category(category: str) -> str:
    return "hold or approve" if category == WHOLE else category_label(category)
