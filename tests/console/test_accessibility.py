from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.conftest import Service
from tests.console.accessibility import AXE, violations
from tests.console.conftest import OpenBrowser


def test_axe_is_the_one_that_is_noted() -> None:
    content = AXE.read_bytes()
    noted = (AXE.parent / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(content).hexdigest() in noted
    version = content.split(b" v", 1)[1].split(b"\n", 1)[0].decode()
    assert f"| axe-core | {version} |" in noted


@pytest.mark.browser
def test_axe_sees_what_is_wrong_and_only_that(
    open_browser: OpenBrowser, tmp_path: Path
) -> None:
    page = open_browser()
    html = '<!doctype html><html lang="en"><title>T</title><main><h1>T</h1>{}</main></html>'
    for body, rules in (("fine", []), ('<img src="x">', ["image-alt"])):
        file = tmp_path / "page.html"
        file.write_text(html.format(body))
        page.get(file.as_uri())
        assert [found.partition(":")[0] for found in violations(page)] == rules


@pytest.mark.browser
@pytest.mark.service
def test_axe_runs_under_our_content_security_policy(
    service: Service, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    page.get(f"{service.url}/docs")
    assert isinstance(violations(page), list)
    assert page.get_log("browser") == []
