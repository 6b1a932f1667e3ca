"""axe-core on the page that a browser shows."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from selenium.webdriver.remote.webdriver import WebDriver

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
#: Tells selenium when axe is done; a failure of axe itself is a finding too.
RUN = """
const done = arguments[arguments.length - 1];
const only = { type: "tag", values: arguments[0] };
axe.run(document, { runOnly: only, resultTypes: ["violations"] })
  .then(results => done(results.violations), error => done([{ id: String(error), nodes: [] }]));
"""


def violations(driver: WebDriver) -> list[str]:
    """What axe finds, a line for each rule with the elements that break it."""
    # The driver's scripts are not the page's: its Content-Security-Policy stays in force.
    if not driver.execute_script("return typeof axe === 'object'"):
        driver.execute_script(_axe())
    found: list[dict[str, Any]] = driver.execute_async_script(RUN, TAGS)
    return [_told(violation) for violation in found]


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")


def _told(violation: dict[str, Any]) -> str:
    places = [str(node["target"][-1]) for node in violation["nodes"]]
    details = {check["message"] for node in violation["nodes"] for check in node["any"]}
    return f"{violation['id']}: {', '.join(places)} ({'; '.join(sorted(details))})"
