"""`/docs`: the API's reference, drawn from the OpenAPI document itself."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask_smorest import current_api

blueprint = Blueprint("docs", __name__, template_folder="templates")


@blueprint.get("/docs")
def docs() -> str:
    """The reference page."""
    return render_template("docs.html", spec=current_api.spec.to_dict())
