"""Akismet's API: form-encoded calls that one word answers, `true` for what we would hold.

What its calls take and give: https://akismet.com/developers/detailed-docs/ and
https://github.com/Automattic/akismet-api. `forms` reads the calls, `answers` writes the answers
and failures, `calls` is what lies between.
"""

from __future__ import annotations

from moderation.dropins.akismet.calls import blueprint

__all__ = ["blueprint"]
