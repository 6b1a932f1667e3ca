"""The threat model names proofs, and all of them exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROOF = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_every_proof_that_the_threat_model_names_exists() -> None:
    proofs = PROOF.findall((ROOT / "docs/threat-model.md").read_text(encoding="utf-8"))
    missing = [
        f"{path}::{name}"
        for path, name in proofs
        if not (ROOT / path).exists()
        or f"def {name}(" not in (ROOT / path).read_text(encoding="utf-8")
    ]

    assert len(proofs) > 20
    assert not missing


def test_every_threat_has_something_against_it_and_a_proof() -> None:
    page = (ROOT / "docs/threat-model.md").read_text(encoding="utf-8")
    table = page.partition("## Threats")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][2:]

    assert rows
    for row in rows:
        _threat, against, proof = re.split(r" \| ", row.strip("| "))
        assert against
        assert "`" in proof


def test_an_audit_that_could_not_ask_fails() -> None:
    """A mirror of PyPI without its JSON API knows no advisories: nothing found is no answer."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    [asks] = re.findall(r"bin/pip-audit (.*--requirement .*)", makefile)

    assert "--strict" in asks.split()
