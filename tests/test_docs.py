"""The documentation says what is true: every setting, command and link is there."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import click
import pytest
import yaml

from moderation.cli import main
from moderation.record.keys import PATTERNS
from moderation.settings import Settings, variable

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
#: A file or folder of the repository as text names it; results of benchmarks are not kept.
NAMED = re.compile(
    r"`((?:benchmarks/(?!results/)|examples/|models/|moderation/|ops/|tests/|workers/)[\w./-]+)`"
)
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")


def commands(group: click.Group, path: str) -> list[str]:
    context = click.Context(group)
    found = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found += (
            commands(command, f"{path} {name}")
            if isinstance(command, click.Group)
            else [f"{path} {name}"]
        )
    return found


@pytest.mark.parametrize("name", [variable(one) for one in fields(Settings)])
def test_every_setting_is_documented(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs/operating.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", commands(main, "moderation"))
def test_every_command_is_documented(command: str) -> None:
    assert command in (ROOT / "docs/operating.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("key", PATTERNS)
def test_every_redis_key_is_documented(key: str) -> None:
    assert f"`{PATTERNS[key][0]}`" in (ROOT / "docs/record.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "script", sorted((ROOT / "moderation/record").glob("*.lua")), ids=lambda script: script.name
)
def test_every_script_is_documented(script: Path) -> None:
    assert f"`{script.name}`" in (ROOT / "docs/record.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    broken = [
        link
        for link in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    named = NAMED.findall(page.read_text(encoding="utf-8"))
    assert not [one for one in named if not (ROOT / one).exists()]


def test_the_lock_files_pin_with_hashes_and_name_no_registry() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        pins = re.findall(r"^[a-z0-9][^\s]*==", text, re.MULTILINE)
        blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
        assert pins
        assert all("--hash=sha256:" in block for block in blocks)


def test_compose_starts_the_same_commands_with_known_settings() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    assert compose["services"]["api"]["command"] == ["moderation", "api"]
    assert compose["services"]["worker"]["command"] == ["moderation", "worker"]
    assert compose["services"]["trainer"]["command"] == ["moderation", "trainer"]
    for service in compose["services"].values():
        assert not Settings.unknown(service.get("environment", {}))
