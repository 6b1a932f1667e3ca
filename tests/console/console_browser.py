"""What somebody does at the console, for tests that drive a browser."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlsplit
from uuid import uuid4

import httpx
from click.testing import CliRunner
from selenium.common.exceptions import (
    NoAlertPresentException,
    NoSuchElementException,
    StaleElementReferenceException,
)
from selenium.webdriver import Chrome
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement

from moderation.cli import main
from tests.conftest import Service

#: The site's list of banned words has it, so that every text with it is held.
HOLD = "holdword"
WAIT_S = 15.0
T = TypeVar("T")


@dataclass(frozen=True)
class Person:
    """A moderator of the site `demo`, made for one test."""

    service: Service
    name: str
    password: str

    @cached_property
    def token(self) -> str:
        """A token of theirs for the JSON doors."""
        return str(_moderation(self.service, "moderator", "token", self.name)["token"])

    def call(self, method: str, path: str, body: object = None) -> Any:
        """What a JSON door answers them."""
        headers = {"Authorization": f"Bearer {self.token}"}
        url = self.service.url + path
        answer = httpx.request(method, url, json=body, headers=headers, timeout=30)
        return answer.raise_for_status().json()


def new_person(service: Service, role: str = "moderator") -> Person:
    """Makes a moderator whose preferences and decisions no other test touches."""
    name, password = f"{role}-{uuid4().hex[:8]}", uuid4().hex
    options = ("--site", "demo", "--role", role, "--password-stdin")
    _moderation(service, "moderator", "create", name, *options, stdin=password)
    return Person(service, name, password)


def post_held(service: Service, comments: Sequence[dict[str, Any]]) -> list[str]:
    """Posts comments that are surely held, and waits until they are; their ids."""
    with service.client() as client:
        _ban_the_word(client)
        held = [{**one, "text": f"{one['text']} {HOLD}"} for one in comments]
        answer = client.post("/v1/comments/batch", json={"comments": held})
        ids = [result["id"] for result in answer.raise_for_status().json()["results"]]
        for one in ids:
            wait_for(lambda one=one: comment(client, one)["status"] == "held")  # type: ignore[misc]
    return ids


def plain_comments(count: int, article_id: str) -> list[dict[str, Any]]:
    """So many harmless comments by different people."""
    return [
        {
            "text": f"Remark number {number} on the library",
            "author": {"id": f"reader-{uuid4().hex[:8]}", "name": f"Reader {number}"},
            "article_id": article_id,
            "article": {"title": "The library that forgot to close"},
        }
        for number in range(count)
    ]


def comment(client: httpx.Client, comment_id: str) -> dict[str, Any]:
    """A comment as the API tells it."""
    answer: dict[str, Any] = client.get(f"/v1/comments/{quote(comment_id, safe='')}").json()
    return answer


def sign_in(page: WebDriver, person: Person, where: str = "/console/queue") -> None:
    """Signs in with the keyboard, and is then at a page of the console."""
    page.get(f"{person.service.url}/console/sign-in?next={quote(where)}")
    fill_in_sign_in(page, person)
    wait_for(lambda: "/console/sign-in" not in page.current_url)


def fill_in_sign_in(page: WebDriver, person: Person) -> None:
    """Fills in the form that the page shows."""
    page.find_element(By.NAME, "name").send_keys(person.name)
    page.find_element(By.NAME, "password").send_keys(person.password, Keys.ENTER)


def open_queue(page: WebDriver, service: Service, article_id: str) -> None:
    """Opens the held comments of one article, the oldest first."""
    page.get(f"{service.url}/console/queue?article={quote(article_id)}&sort=oldest")
    wait_for(lambda: cards(page))


def press(page: WebDriver, keys: str) -> None:
    """Presses keys one after the other, wherever the focus is."""
    for key in keys:
        ActionChains(page).send_keys(key).perform()


def cards(page: WebDriver) -> list[WebElement]:
    """The comments that can still be decided."""
    return page.find_elements(By.CSS_SELECTOR, "article.card:not([aria-busy])")


def current_card(page: WebDriver) -> WebElement | None:
    """The card that keys act on."""
    found = page.find_elements(By.CSS_SELECTOR, 'article.card[aria-current="true"]')
    return found[0] if found else None


def current_id(page: WebDriver) -> str | None:
    """The id of the comment that keys act on."""
    url: str | None = page.execute_script(
        "return document.querySelector('article.card[aria-current=true]')?.dataset.url"
    )
    return unquote(url.rsplit("/", 1)[1]) if url else None


def status(page: WebDriver) -> str:
    """What was announced last."""
    return page.find_element(By.ID, "status").get_attribute("textContent") or ""


def focus_is_lost(page: WebDriver) -> bool:
    """Whether nothing has the focus, so that the next key would go nowhere."""
    lost: bool = page.execute_script("return document.activeElement === document.body")
    return lost


def sideways(page: WebDriver) -> int:
    """By how many pixels the page can be scrolled sideways."""
    wider: int = page.execute_script(
        "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wider


def weight_bytes(page: WebDriver) -> int:
    """What the page and all that it loaded weigh on the wire, cached or not."""
    weight: int = page.execute_script(
        "return [...performance.getEntriesByType('navigation'),"
        " ...performance.getEntriesByType('resource')]"
        ".reduce((sum, entry) => sum + entry.encodedBodySize, 0)"
    )
    return weight


def requested(page: WebDriver) -> list[str]:
    """The addresses that were asked for since this was called last."""
    messages = [
        json.loads(entry["message"])["message"] for entry in page.get_log("performance")
    ]
    return [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]


def strangers(page: WebDriver, service: Service) -> list[str]:
    """The addresses asked for that no page of ours asks for."""
    ours = urlsplit(service.url).netloc
    return [
        url
        for url in requested(page)
        if urlsplit(url).scheme not in {"data", "chrome"}
        and (urlsplit(url).netloc != ours or urlsplit(url).path.startswith("/fired"))
    ]


def has_alert(page: WebDriver) -> bool:
    """Whether a dialogue of the browser is open."""
    try:
        return bool(page.switch_to.alert)
    except NoAlertPresentException:
        return False


def set_network(page: Chrome, *, offline: bool = False, latency_ms: int = 0) -> None:
    """Lets a browser be off the net, or on a slow line; without either it is as usual."""
    conditions = {
        "offline": offline,
        "latency": latency_ms,
        "downloadThroughput": -1,
        "uploadThroughput": -1,
    }
    page.execute_cdp_cmd("Network.enable", {})
    page.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)


def wait_for(found: Callable[[], T | None], wait_s: float = WAIT_S) -> T:
    """Waits until something is there or true, and returns it."""
    ends = time.monotonic() + wait_s
    while True:
        # A swap may take away what has just been found.
        with suppress(NoSuchElementException, StaleElementReferenceException):
            if result := found():
                return result
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.05)


def _ban_the_word(client: httpx.Client) -> None:
    policy = client.get("/v1/policy").json()
    if HOLD not in policy["banned_words"]:
        body = {"banned_words": [*policy["banned_words"], HOLD]}
        client.put("/v1/policy", json=body).raise_for_status()


def _moderation(service: Service, *arguments: str, stdin: str = "") -> dict[str, Any]:
    """Runs a command beside the service, as an operator would, but without a new process."""
    command = [*arguments, "--json", "--data-dir", str(service.data_dir)]
    ran = CliRunner().invoke(main, command, input=stdin, catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    told: dict[str, Any] = json.loads(ran.stdout)
    return told
