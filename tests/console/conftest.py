"""A real Chromium. Without one the tests skip here and fail in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service as ChromeService

PHONE = (360, 800)
DESK = (1280, 900)
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

OpenBrowser = Callable[..., webdriver.Chrome]


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        message = f"no {name}: apt-get install chromium chromium-driver"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture
def open_browser(tmp_path: Path) -> Iterator[OpenBrowser]:
    """Opens browsers of visitors who share nothing: `open_browser(size, scheme)`."""
    chromium, chromedriver = _program("chromium"), _program("chromedriver")
    drivers: list[webdriver.Chrome] = []

    def open_one(size: tuple[int, int] = DESK, scheme: str = "light") -> webdriver.Chrome:
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        for flag in (*FLAGS, f"--user-data-dir={tmp_path / str(len(drivers))}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        driver = webdriver.Chrome(options=options, service=ChromeService(chromedriver))
        drivers.append(driver)
        emulate(driver, size, scheme)
        return driver

    yield open_one
    for driver in drivers:
        driver.quit()


def emulate(driver: webdriver.Chrome, size: tuple[int, int], scheme: str) -> None:
    """Gives a browser's window a size, and makes its user prefer light or dark."""
    width, height = size
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    feature = {"name": "prefers-color-scheme", "value": scheme}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
