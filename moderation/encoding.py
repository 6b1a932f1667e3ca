"""JSON as it is stored and sent: compact, with characters as they are."""

from __future__ import annotations

from json import JSONEncoder

#: One encoder for all: `json.dumps` with options makes a new one for each call.
compact_json = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
