"""The list of payloads itself: large, varied, and alive where nothing protects the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver.remote.webdriver import WebDriver

from tests.console.conftest import OpenBrowser
from tests.console.console_browser import requested, wait_for
from tests.console.hostile_payloads import FAMILIES, FIRE, PAYLOADS, TRACE


def test_there_are_hundreds_of_different_payloads_of_many_kinds() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 320
    assert len(FAMILIES) >= 20
    assert sum(FIRE in payload for payload in PAYLOADS) >= 200
    assert sum(TRACE in payload for payload in PAYLOADS) >= 50


@pytest.mark.browser
@pytest.mark.parametrize("family", ["script", "element", "mutation", "break-out"])
def test_payloads_fire_on_a_page_that_lets_them(
    open_browser: OpenBrowser, tmp_path: Path, family: str
) -> None:
    page = open_browser()
    fired = [payload for payload in FAMILIES[family] if fires(page, tmp_path, payload)]
    assert len(fired) * 3 >= len(FAMILIES[family]), fired


@pytest.mark.browser
def test_a_request_is_noticed(open_browser: OpenBrowser, tmp_path: Path) -> None:
    page = open_browser()
    file = tmp_path / "page.html"
    file.write_text(f"<img src={TRACE}>")
    page.get(file.as_uri())
    wait_for(lambda: any(url.endswith(TRACE) for url in requested(page)))


def fires(page: WebDriver, folder: Path, payload: str) -> bool:
    file = folder / "page.html"
    file.write_text(f"<!doctype html><meta charset=utf-8><p>{payload}</p>", "utf-8")
    page.get(file.as_uri())
    return bool(page.execute_script("return window.__fired"))
