"""What no page of the console may have, on whatever screen."""

from __future__ import annotations

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.console.accessibility import violations
from tests.console.conftest import DESK, PHONE, emulate
from tests.console.console_browser import sideways, weight_bytes

LOOKS = ((PHONE, "light"), (PHONE, "dark"), (DESK, "light"))
WEIGHT_BYTES = 200_000
#: As narrow as a page zoomed to 400 % on a usual screen (WCAG 1.4.10).
NARROW = (320, 800)


def everything_wrong(page: Chrome) -> list[str]:
    """What no page may have."""
    wrong = violations(page)
    wrong += [f"the log says {entry['message']}" for entry in page.get_log("browser")]
    if (wider := sideways(page)) > 0:
        wrong.append(f"{wider} px too wide")
    if (weight := weight_bytes(page)) > WEIGHT_BYTES:
        wrong.append(f"{weight:,} bytes")
    if len(page.find_elements(By.TAG_NAME, "h1")) != 1:
        wrong.append("not one heading")
    return wrong


def in_every_look(page: Chrome) -> str:
    """What is wrong with the page as it stands: phone and desk, light and dark, zoomed."""
    found = []
    for size, scheme in LOOKS:
        emulate(page, size, scheme)
        found += [f"{size[0]} px, {scheme}: {wrong}" for wrong in everything_wrong(page)]
    emulate(page, NARROW, "light")
    if sideways(page):
        found.append(f"{NARROW[0]} px: scrolls sideways")
    return "\n".join(found)


def open_details(page: Chrome) -> None:
    """Unfolds all that is folded up in the page."""
    page.execute_script(
        "document.querySelectorAll('main details').forEach(one => { one.open = true; })"
    )
