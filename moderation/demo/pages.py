"""`/demo`: an article with comments, as a real site would show it."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("demo", __name__, url_prefix="/demo")
