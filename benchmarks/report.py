"""The table that people read and the JSON that is kept."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.measuring import Row, Spread
from benchmarks.plan import Plan

HEADER = ("name", "value", "ratio", "target", "reached")
SCHEMA = 1


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table that also reads well in a terminal."""
    lines = [HEADER, *(_cells(row) for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(HEADER))]
    written = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    ]
    written.insert(1, "| " + " | ".join("-" * width for width in widths))
    return "\n".join(f"{line} |" for line in written)


def write_json(path: Path, rows: Sequence[Row], plan: Plan, **more: Any) -> None:
    """Writes the rows and what they were measured on; texts are never in it."""
    lengths = [len(text) for text in plan.texts]
    written = {
        "schema": SCHEMA,
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "processors": os.cpu_count(),
            "architecture": platform.machine(),
            "system": platform.system(),
            "python": platform.python_version(),
        },
        "sizes": vars(plan.sizes),
        "texts": {
            "number": len(lengths),
            "mean_characters": round(statistics.mean(lengths)) if lengths else None,
            "median_characters": statistics.median(lengths) if lengths else None,
        },
        **more,
        "rows": [row.to_json() for row in rows],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _cells(row: Row) -> tuple[str, ...]:
    value = f"{figure(row.value.median)} {row.unit}"
    if row.rival:
        value += f", {row.against} {figure(row.rival.median)}"
    value += "".join(f", {name} {number:.3g}" for name, number in row.also.items())
    reached = {None: "", True: "yes", False: "NO"}[row.reached]
    ratio = _spread(row.ratio) if row.ratio else ""
    return row.name, value, ratio, str(row.target or ""), reached


def _spread(spread: Spread) -> str:
    return f"{figure(spread.median)} ({figure(spread.low)} to {figure(spread.high)})"


def figure(number: float) -> str:
    """A number with as many digits as mean something."""
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if abs(number) >= 10 else f"{number:.2f}"
