"""Every page of the console: for every reader, on every screen, in light and in dark."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote
from uuid import uuid4

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.conftest import Service
from tests.console.conftest import DESK, OpenBrowser, emulate
from tests.console.console_browser import (
    HOLD,
    Person,
    new_person,
    open_queue,
    plain_comments,
    post_held,
    press,
    sideways,
    sign_in,
    wait_for,
)
from tests.console.looks import in_every_look

pytestmark = [pytest.mark.browser, pytest.mark.service, pytest.mark.timeout(300)]

#: The narrowest window whose bar has room for the pages.
LAPTOP = (1024, 700)

PAGES = {
    "queue": "/console/queue",
    "article's queue": "/console/queue?article={article}&sort=oldest",
    "search": f"/console/queue?q={HOLD}",
    "empty queue": "/console/queue?article=nothing-here",
    "comment": "/console/comments/{comment}",
    "article": "/console/articles/{article}",
    "author": "/console/authors/{author}",
    "batch": "/console/batch",
    "policy": "/console/policy",
    "figures": "/console/figures",
    "audit": "/console/audit",
    "API keys": "/console/keys",
    "retention": "/console/retention",
    "people": "/console/people",
    "preferences": "/console/preferences",
    "nothing there": "/console/comments/nothing-here",
}


@dataclass(frozen=True)
class World:
    """A site with held comments, somebody who decided some, and an admin to look at it."""

    admin: Person
    comments: list[str]
    article: str
    author: str

    def address(self, path: str) -> str:
        """A page's address, filled in."""
        names = {"comment": self.comments[0], "article": self.article, "author": self.author}
        return self.admin.service.url + path.format(**{k: quote(v) for k, v in names.items()})


@pytest.fixture(scope="session")
def world(service: Service) -> World:
    """Made once: the tests only look."""
    article = f"pages-{uuid4().hex[:8]}"
    held = plain_comments(12, article)
    for one in held[1:4]:
        one["author"] = held[0]["author"]
    ids = post_held(service, held)
    admin = new_person(service, "admin")
    for comment_id, action in ((ids[1], "approve"), (ids[2], "hold"), (ids[3], "reject")):
        decision = {"action": action, "note": "A note for the others"}
        admin.call("POST", f"/v1/comments/{comment_id}/decision", decision)
    return World(admin, ids, article, held[0]["author"]["id"])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_in_order_in_every_look(
    world: World, open_browser: OpenBrowser, name: str
) -> None:
    page = open_browser()
    sign_in(page, world.admin)
    page.get_log("browser")
    page.get(world.address(PAGES[name]))
    forget_refused_address(page, name)
    assert "Console" in page.title or "Moderation" in page.title
    assert in_every_look(page) == ""


def test_the_sign_in_page_is_in_order_in_every_look(
    service: Service, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    page.get(f"{service.url}/console/sign-in")
    assert in_every_look(page) == ""


def test_a_card_with_its_reasons_open_is_in_order(
    world: World, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    sign_in(page, world.admin)
    open_queue(page, world.admin.service, world.article)
    press(page, "jr")
    wait_for(lambda: page.find_elements(By.CSS_SELECTOR, ".rejecting[open]"))
    assert in_every_look(page) == ""


def test_the_help_is_in_order(world: World, open_browser: OpenBrowser) -> None:
    page = open_browser()
    sign_in(page, world.admin)
    press(page, "?")
    wait_for(lambda: page.find_elements(By.CSS_SELECTOR, "#help:popover-open"))
    assert in_every_look(page) == ""


def test_a_decided_card_and_a_conflict_are_in_order(
    service: Service, open_browser: OpenBrowser
) -> None:
    # Given a page with two comments, the second of which somebody else decides
    article = f"strips-{uuid4().hex[:8]}"
    ids = post_held(service, plain_comments(3, article))
    person, other = new_person(service), new_person(service)
    page = open_browser()
    sign_in(page, person)
    open_queue(page, service, article)
    other.call("POST", f"/v1/comments/{ids[1]}/decision", {"action": "approve"})
    # When both are decided on the page
    press(page, "jaa")
    wait_for(lambda: page.find_elements(By.CSS_SELECTOR, ".strip.is-conflict"))
    page.get_log("browser")  # the refusal itself, 409
    # Then the strips that are left are in order too
    assert in_every_look(page) == ""


def test_light_and_dark_differ(world: World, open_browser: OpenBrowser) -> None:
    page = open_browser()
    sign_in(page, world.admin)
    grounds = set()
    for scheme in ("light", "dark"):
        emulate(page, DESK, scheme)
        body = page.find_element(By.TAG_NAME, "body")
        grounds.add(body.value_of_css_property("background-color"))
    assert len(grounds) == 2


def test_the_bar_is_one_line_and_its_menu_opens_and_closes_by_keys(
    world: World, open_browser: OpenBrowser
) -> None:
    page = open_browser(LAPTOP)
    sign_in(page, world.admin)
    in_bar = page.find_elements(By.CSS_SELECTOR, ".pages a")
    assert len({link.location["y"] for link in in_bar}) == 1
    menu = page.find_element(By.CSS_SELECTOR, ".menu")
    menu.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
    links = menu.find_elements(By.CSS_SELECTOR, "nav a")
    assert [link.text for link in links] == ["Webhooks", "API keys", "People", "Audit log"]
    assert sideways(page) == 0
    links[0].send_keys(Keys.ESCAPE)
    assert not links[0].is_displayed()
    assert page.switch_to.active_element.tag_name == "summary"


def forget_refused_address(page: Chrome, name: str) -> None:
    """The browser logs the answer 404 of a page that is not there."""
    if name == "nothing there":
        page.get_log("browser")
