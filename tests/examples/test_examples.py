"""What is true of every example."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_architecture import imported, sources
from tests.test_docs import LINK, ROOT

OURS = {"moderation", "workers", "models"}


@pytest.mark.parametrize("path", sources("examples"), ids=lambda path: path.stem)
def test_an_example_uses_nothing_of_the_service_s_code(path: Path) -> None:
    assert not {name for name in imported(path) if name.partition(".")[0] in OURS}


def test_every_example_is_told_of_in_the_readme() -> None:
    readme = (ROOT / "examples/README.md").read_text(encoding="utf-8")
    examples = {path.stem for path in (ROOT / "examples").iterdir() if path.suffix != ".md"}
    told = {name for name in examples if name in readme}
    assert told == examples - {"__init__", "__pycache__"}


def test_every_link_in_the_readme_leads_somewhere() -> None:
    readme = ROOT / "examples/README.md"
    links = LINK.findall(readme.read_text(encoding="utf-8"))
    assert links
    assert all((readme.parent / link).exists() for link in links)
