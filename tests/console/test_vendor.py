"""The scripts of others that the console carries: unmodified, and nothing else is loaded."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import pytest

CONSOLE = Path(str(files("moderation.console")))
VENDOR = CONSOLE / "static" / "vendor"
NOTED = json.loads((VENDOR / "vendor.json").read_text())
SCRIPT = re.compile(r"<script[^>]*>")
STATIC_FILE = re.compile(
    r"url_for\('(?P<of>(?:console\.)?static)', filename='(?P<name>[^']+)'\)"
)


def pages() -> list[Path]:
    """Every template of the console."""
    return sorted((CONSOLE / "templates").rglob("*.html"))


@pytest.mark.parametrize("name", NOTED)
def test_a_script_of_others_is_what_its_makers_published(name: str) -> None:
    assert sha256((VENDOR / name).read_bytes()).hexdigest() == NOTED[name]["sha256"]


@pytest.mark.parametrize("name", NOTED)
def test_a_script_of_others_has_a_version_a_licence_and_an_origin(name: str) -> None:
    noted = NOTED[name]
    assert re.fullmatch(r"\d+\.\d+\.\d+", noted["version"])
    assert noted["licence"]
    assert noted["name"] in noted["from"]
    assert noted["version"] in noted["from"]


def test_every_script_of_others_is_noted() -> None:
    assert {script.name for script in VENDOR.glob("*.js")} == set(NOTED)


def test_the_layout_loads_every_noted_script() -> None:
    layout = (CONSOLE / "templates" / "console" / "layout.html").read_text()
    named = {found["name"] for found in STATIC_FILE.finditer(layout)}
    assert {f"vendor/{name}" for name in NOTED} <= named


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_a_page_loads_only_files_of_ours_and_has_no_script_or_style_within(page: Path) -> None:
    markup = page.read_text()
    for script in SCRIPT.findall(markup):
        assert STATIC_FILE.search(script), script
    for found in STATIC_FILE.finditer(markup):
        if found["of"] == "console.static":
            assert (CONSOLE / "static" / found["name"]).is_file()
    assert not re.search(r"<style|\sstyle=|\son\w+=|hx-on|hx-vals=.js:|https?://", markup)
