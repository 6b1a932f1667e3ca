"""A real Chromium. Without one the tests skip here and fail in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service as ChromeService

from tests.console.console_browser import set_network

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

LOGS = ("browser", "performance")

OpenBrowser = Callable[..., webdriver.Chrome]


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        message = f"no {name}: apt-get install chromium chromium-driver"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found


class Browsers:
    """Browsers that are started once and lent to one visitor after the other.

    Args:
        folder: where their profiles lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._chromium, self._chromedriver = _program("chromium"), _program("chromedriver")
        self._started = 0
        self._idle: list[webdriver.Chrome] = []

    def lend(self) -> webdriver.Chrome:
        """A browser that knows nothing of the visitors before."""
        return self._idle.pop() if self._idle else self._start()

    def take_back(self, driver: webdriver.Chrome) -> None:
        """Makes a browser forget its visitor; one that cannot is ended."""
        try:
            _forget(driver)
        except WebDriverException:
            driver.quit()
        else:
            self._idle.append(driver)

    def quit(self) -> None:
        """Ends all that are here."""
        for driver in self._idle:
            driver.quit()

    def _start(self) -> webdriver.Chrome:
        options = webdriver.ChromeOptions()
        options.binary_location = self._chromium
        self._started += 1
        for flag in (*FLAGS, f"--user-data-dir={self._folder / str(self._started)}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", dict.fromkeys(LOGS, "ALL"))
        return webdriver.Chrome(options=options, service=ChromeService(self._chromedriver))


def _forget(driver: webdriver.Chrome) -> None:
    """Takes a browser back to one blank page, without data, offers or logs of any site.

    Raises:
        WebDriverException: a dialogue is open, or the browser is gone.
    """
    first, *others = driver.window_handles
    for one in others:
        driver.switch_to.window(one)
        driver.close()
    driver.switch_to.window(first)
    driver.get("about:blank")
    for command in ("Network.clearBrowserCookies", "Network.clearBrowserCache"):
        driver.execute_cdp_cmd(command, {})
    everywhere = {"origin": "*", "storageTypes": "all"}
    driver.execute_cdp_cmd("Storage.clearDataForOrigin", everywhere)
    set_network(driver)
    for log in LOGS:
        driver.get_log(log)


@pytest.fixture(scope="session")
def browsers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsers]:
    """The browsers of all tests of this process."""
    started = Browsers(tmp_path_factory.mktemp("browsers"))
    yield started
    started.quit()


@pytest.fixture
def open_browser(browsers: Browsers) -> Iterator[OpenBrowser]:
    """Opens browsers of visitors who share nothing: `open_browser(size, scheme)`."""
    lent: list[webdriver.Chrome] = []

    def open_one(size: tuple[int, int] = DESK, scheme: str = "light") -> webdriver.Chrome:
        driver = browsers.lend()
        lent.append(driver)
        emulate(driver, size, scheme)
        return driver

    yield open_one
    for driver in lent:
        browsers.take_back(driver)


def emulate(driver: webdriver.Chrome, size: tuple[int, int], scheme: str) -> None:
    """Gives a browser's window a size, and makes its user prefer light or dark."""
    width, height = size
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    feature = {"name": "prefers-color-scheme", "value": scheme}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
