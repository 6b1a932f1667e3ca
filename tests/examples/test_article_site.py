"""The example site as somebody runs it, in a real browser, beside the whole service."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.conftest import API_KEY, Service, start_service
from tests.console.conftest import PHONE, OpenBrowser
from tests.console.console_browser import Person, new_person, requested, wait_for
from tests.console.hostile_markup import FIRERS
from tests.console.looks import in_every_look
from tests.test_docs import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.service]

RUDE = "You are a silly fool and a stupid idiot"
HOSTILE = (
    *FIRERS,
    '"></textarea></p></li></ol><img src=/fired onerror=window.__fired=1>',
    "{{ 7 * 7 }} {% raw %} ${7 * 7} &lt;b&gt; javascript:window.__fired=1",
    "\u202e\u2067 desrever and never closed",
    "Z" + "\u0310\u0335\u0489" * 200,
    "w" * 1_500,
)


@dataclass
class Site:
    """A running `python -m examples.article_site`."""

    url: str

    def is_public(self, text: str) -> bool:
        """Whether somebody without a cookie sees it."""
        return text in httpx.get(self.url).text


@contextmanager
def running_site(moderation_url: str, folder: Path, port: int) -> Iterator[Site]:
    """The site, started as the README says, while the block runs."""
    command = [sys.executable, "-m", "examples.article_site"]
    process = subprocess.Popen(
        [*command, f"--port={port}", f"--data-dir={folder}"],
        cwd=ROOT,
        env=os.environ | {"MODERATION_URL": moderation_url, "MODERATION_API_KEY": API_KEY},
    )
    try:
        site = Site(f"http://127.0.0.1:{port}/")
        wait_for(lambda: answers(site.url))
        yield site
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def moderation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that may send to this machine."""
    running = start_service(
        tmp_path_factory.mktemp("service"),
        MODERATION_WEBHOOKS_ALLOW_PRIVATE="on",
        MODERATION_TRAINER="off",
    )
    yield running
    running.stop()


@pytest.fixture(scope="module")
def moderator(moderation: Service) -> Person:
    """Somebody who decides."""
    return new_person(moderation)


@pytest.fixture(scope="module")
def site(moderation: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site beside the service, which tells it of decisions."""
    with running_site(moderation.url, tmp_path_factory.mktemp("site"), free_port()) as site:
        with moderation.client() as client:
            wait_for(lambda: webhooks(client))
        yield site


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


def webhooks(client: httpx.Client) -> list[dict[str, str]]:
    found: list[dict[str, str]] = client.get("/v1/webhooks").json()["webhooks"]
    return found


def wait_until_decided(moderation: Service, comment: str) -> None:
    with moderation.client() as client:
        wait_for(lambda: client.get(f"/v1/comments/{comment}").json().get("revision"))


def post(page: Chrome, text: str, name: str = "") -> str:
    """Posts a comment with the form; its id."""
    before = page.current_url
    for field, value in (("text", text), ("name", name)):
        # Typing characters beyond U+FFFF, or thousands of them, is not what is tested.
        element = page.find_element(By.NAME, field)
        page.execute_script("arguments[0].value = arguments[1]", element, value)
    page.find_element(By.CSS_SELECTOR, ".compose .post").click()
    wait_for(lambda: "#comment-" in page.current_url and page.current_url != before)
    return page.current_url.partition("#comment-")[2]


def card(page: Chrome, comment_id: str) -> WebElement:
    """A comment of the reader's own, on the page as it is now."""
    page.refresh()
    return page.find_element(By.ID, f"comment-{comment_id}")


def unique(text: str) -> str:
    """A text that nobody else posts: the service holds what several post word for word."""
    return f"{text} {uuid4().hex}"


def test_something_friendly_is_there_for_everybody_once_it_is_approved(
    site: Site, open_browser: OpenBrowser
) -> None:
    page, text = open_browser(), unique("What a lovely captain, thank you!")
    page.get(site.url)
    comment = post(page, text, "Anna")
    wait_for(lambda: site.is_public(text))
    shown = card(page, comment).text
    assert "Anna (you)" in shown
    assert "Waits for moderation" not in shown


def test_something_rude_is_its_author_s_alone_until_a_moderator_says_otherwise(
    site: Site, moderation: Service, moderator: Person, open_browser: OpenBrowser
) -> None:
    # Given a rude comment that the machine has held
    page, text = open_browser(), unique(RUDE)
    page.get(site.url)
    comment = post(page, text)
    where = f"/v1/comments/{comment}"
    wait_until_decided(moderation, comment)
    assert "Waits for moderation. Only you can see it." in card(page, comment).text
    assert not site.is_public(text)
    # When a moderator approves it, then it is public
    moderator.call("POST", f"{where}/decision", {"action": "approve"})
    wait_for(lambda: site.is_public(text))
    # And when they think better of it, it vanishes, and the author is told why
    statement = "Please say it kindly."
    moderator.call("POST", f"{where}/decision", {"action": "reject", "statement": statement})
    wait_for(lambda: not site.is_public(text))
    shown = card(page, comment).text
    assert "A moderator decided not to publish this." in shown
    assert statement in shown


def test_hostile_comments_do_nothing_but_look_hostile(
    site: Site, moderation: Service, moderator: Person, open_browser: OpenBrowser
) -> None:
    # Given hostile texts and names, all of them public because a moderator slept
    page = open_browser(PHONE)
    page.get(site.url)
    texts = [unique(text) for text in HOSTILE]
    for text in texts:
        comment = post(page, text, name=text[:60])
        wait_until_decided(moderation, comment)
        moderator.call("POST", f"/v1/comments/{comment}/decision", {"action": "approve"})
    reader = open_browser()
    wait_for(lambda: all(map(site.is_public, map(mark, texts))))
    # Then another reader sees each as it was written, and nothing else happens
    reader.get(site.url)
    shown = [one.get_attribute("textContent") for one in texts_on(reader)]
    assert shown[-len(texts) :] == texts
    assert in_every_look(reader) == ""
    assert reader.execute_script("return typeof window.__fired") == "undefined"
    assert page.execute_script("return typeof window.__fired") == "undefined"
    assert not [url for url in requested(reader) if not is_ours(url, site)]


def mark(text: str) -> str:
    """The part of a text that markup leaves as it is."""
    return text.rpartition(" ")[2]


def texts_on(page: Chrome) -> list[WebElement]:
    return page.find_elements(By.CSS_SELECTOR, ".comment .text")


def is_ours(url: str, site: Site) -> bool:
    return url.startswith((site.url, "data:", "chrome")) and "/fired" not in url


def test_what_its_author_deletes_is_erased_at_the_service(
    site: Site, moderation: Service, open_browser: OpenBrowser
) -> None:
    page, text = open_browser(PHONE, "dark"), unique("I take this back")
    page.get(site.url)
    comment = post(page, text)
    wait_for(lambda: site.is_public(text))
    own = card(page, comment)
    own.find_element(By.TAG_NAME, "summary").click()
    assert in_every_look(page) == ""
    own.find_element(By.CSS_SELECTOR, ".erase button").click()
    wait_for(lambda: not site.is_public(text))
    with moderation.client() as client:
        wait_for(lambda: client.get(f"/v1/comments/{comment}").status_code == 404)


def test_what_was_decided_while_the_site_was_away_is_known_when_it_is_back(
    moderation: Service, moderator: Person, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    page, text, port = open_browser(), unique(RUDE), free_port()
    # Given a held comment
    with running_site(moderation.url, tmp_path, port) as site:
        page.get(site.url)
        comment = post(page, text)
        wait_until_decided(moderation, comment)
    # When it is approved while the site is away, for so long that messages to it are given up
    with moderation.client() as client:
        [endpoint] = [one for one in webhooks(client) if f":{port}/" in one["url"]]
        client.delete(f"/v1/webhooks/{endpoint['id']}").raise_for_status()
    moderator.call("POST", f"/v1/comments/{comment}/decision", {"action": "approve"})
    # Then it is public when the site is back, and its author is still known
    with running_site(moderation.url, tmp_path, port) as site:
        wait_for(lambda: site.is_public(text))
        assert "(you)" in card(page, comment).text


def test_what_is_written_while_the_service_is_away_is_kept_and_posted_later(
    moderation: Service, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    page, text, port = open_browser(), unique("I would wait for her as well"), free_port()
    # Given a comment that is written while nobody answers where the service should be
    with running_site(f"http://127.0.0.1:{free_port()}", tmp_path, port) as site:
        page.get(site.url)
        comment = post(page, text)
        assert "Waits for moderation" in card(page, comment).text
        assert not site.is_public(text)
    # When the site finds the service, then the comment is posted, decided and public
    with running_site(moderation.url, tmp_path, port) as site:
        wait_for(lambda: site.is_public(text))
