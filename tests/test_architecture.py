"""The rules of the house, read from the source: who may import whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
#: package → what it must never import (DESIGN: "The house in one sentence").
FORBIDDEN = {
    "models": {"flask", "redis", "rq", "moderation", "workers"},
    "moderation": {"sklearn", "numpy", "scipy", "skops", "models", "workers"},
    "workers": {"flask"},
}
#: floor of `moderation` → what of ours it may stand on.
FLOORS = {
    "moderation/domain.py": set(),
    "moderation/chunks.py": set(),
    "moderation/encoding.py": set(),
    "moderation/api_keys.py": {"moderation.domain", "moderation.encoding"},
    "moderation/errors.py": {"moderation.trainings"},
    "moderation/trainings.py": set(),
    "moderation/releases.py": set(),
    "moderation/labels.py": {"moderation.domain", "moderation.encoding"},
    "moderation/settings.py": {"moderation.errors"},
    "moderation/webhooks.py": {"moderation.domain"},
    "moderation/deliveries.py": {"moderation.errors", "moderation.webhooks"},
    "moderation/wordlists.py": set(),
    "moderation/preferences.py": set(),
    "moderation/policy.py": {"moderation.domain", "moderation.wordlists"},
    "moderation/amendments.py": {"moderation.policy"},
    "moderation/wording.py": set(),
    "moderation/marks.py": {"moderation.wording", "moderation.wordlists"},
    "moderation/hostile.py": {"moderation.marks"},
}
#: Only these may speak to Redis; everybody else asks the record.
REDIS_USERS = {"moderation/record", "moderation/embedded.py", "workers"}


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path} imports relatively"
            yield node.module


@pytest.mark.parametrize("package", FORBIDDEN)
def test_a_package_never_imports_what_is_not_its_business(package: str) -> None:
    assert sources(package)
    broken = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(package)
        for name in imported(path)
        if name.partition(".")[0] in FORBIDDEN[package]
    ]
    assert not broken


@pytest.mark.parametrize("path", FLOORS)
def test_the_ground_floor_stands_on_itself(path: str) -> None:
    ours = {name for name in imported(ROOT / path) if name.startswith("moderation")}
    assert ours <= FLOORS[path]


def test_the_record_stands_only_on_the_ground_floor() -> None:
    allowed = {
        "moderation.addresses",
        "moderation.amendments",
        "moderation.api_keys",
        "moderation.chunks",
        "moderation.deliveries",
        "moderation.domain",
        "moderation.encoding",
        "moderation.errors",
        "moderation.labels",
        "moderation.policy",
        "moderation.preferences",
        "moderation.releases",
        "moderation.retention",
        "moderation.settings",
        "moderation.trainings",
        "moderation.triage",
        "moderation.webhooks",
    }
    for path in sources("moderation/record"):
        ours = {name for name in imported(path) if name.startswith("moderation")}
        above = {name for name in ours if not name.startswith("moderation.record")} - allowed
        assert not above, f"{path.name} imports {above}"


def test_only_the_record_speaks_to_redis() -> None:
    for path in sources("moderation"):
        place = str(path.relative_to(ROOT))
        if any(place.startswith(user) for user in REDIS_USERS):
            continue
        assert not {
            name for name in imported(path) if name.partition(".")[0] in {"redis", "rq"}
        }, place


def test_importing_the_api_loads_no_machine_learning() -> None:
    code = (
        "import sys, moderation.app, moderation.cli;"
        "print([m for m in ('sklearn', 'numpy', 'scipy', 'skops', 'models', 'workers')"
        " if m in sys.modules])"
    )
    seen = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    )
    assert seen.stdout.strip() == "[]"


@pytest.mark.parametrize("package", ["moderation", "workers", "models"])
def test_the_packages_imported_are_ours_wherever_the_command_is_typed(
    package: str, tmp_path: Path
) -> None:
    # Given a folder that holds another package of that name
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").write_text("raise SystemExit('not ours')")
    # When it is imported there as the service imports it
    seen = subprocess.run(
        [sys.executable, "-P", "-c", f"import {package}; print({package}.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    # Then it is ours
    assert Path(seen.stdout.strip()) == ROOT / package / "__init__.py"


def test_nothing_connects_when_it_is_imported() -> None:
    code = (
        "import socket, sys\n"
        "socket.socket.connect = lambda *_: sys.exit('connected at import')\n"
        "import moderation.app, moderation.server, moderation.supervisor, workers.main\n"
        "from moderation.settings import Settings\n"
        "moderation.app.create_app(Settings(redis_url='redis://127.0.0.1:1'))\n"
    )
    subprocess.run([sys.executable, "-P", "-c", code], check=True)
