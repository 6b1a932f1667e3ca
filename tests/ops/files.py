"""The files for operators, as their tests read them."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent
OPS = ROOT / "ops"


@cache
def read_yaml(path: Path) -> list[Any]:
    """Every document of a YAML file; not to be changed."""
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def ask_tool(name: str, *arguments: str) -> str | None:
    """What a tool says that CI may lack; `None` without it.

    Raises:
        AssertionError: it found something.
    """
    found = shutil.which(name)
    if found is None:
        return None
    done = subprocess.run(
        [found, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
