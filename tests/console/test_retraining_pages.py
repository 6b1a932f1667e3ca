"""The pages about retraining in a real browser: in order in every look, keys, focus, counts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from uuid import uuid4

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from moderation.desk.opinions import in_sample
from tests.conftest import DEMO_SITE, Service
from tests.console.conftest import DESK, OpenBrowser, emulate
from tests.console.console_browser import (
    Person,
    focus_is_lost,
    new_person,
    plain_comments,
    post_held,
    press,
    sign_in,
    status,
    wait_for,
)
from tests.console.looks import in_every_look, open_details
from tests.console.retraining_world import PATHS, retraining_world

pytestmark = [pytest.mark.browser, pytest.mark.service, pytest.mark.timeout(300)]

DECIDED = 3


@pytest.fixture
def admin(service: Service) -> Iterator[Person]:
    """Somebody at a site that has something on each of the pages."""
    posted = plain_comments(6, f"retraining-{uuid4().hex[:8]}")
    # One of those about which another moderator is asked.
    some = (uuid4().hex for _ in count())
    posted[0]["id"] = next(one for one in some if in_sample(DEMO_SITE, one))
    ids = post_held(service, posted)
    other, admin = new_person(service), new_person(service, "admin")
    for one in ids[:DECIDED]:
        other.call("POST", f"/v1/comments/{one}/decision", {"action": "approve"})
    texts = [f"Remark number {number} on the bridge" for number in range(8)]
    with retraining_world(service, ids[:DECIDED], [*texts, "w" * 300]):
        yield admin


def test_every_page_is_in_order_in_every_look(
    service: Service, admin: Person, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    sign_in(page, admin)
    page.get_log("browser")
    wrong = {}
    for path in PATHS:
        emulate(page, DESK, "light")
        page.get(service.url + path)
        assert "not here" not in page.title
        open_details(page)
        if found := in_every_look(page):
            wrong[path] = found
    assert not wrong, "\n".join(f"{path}\n{found}" for path, found in wrong.items())
    # The navigation says from every page that something waits. (That something changed it
    # says as well, but what it says of that may be a minute old.)
    navigation = page.find_element(By.CSS_SELECTOR, "nav.pages").text
    assert f"Review {DECIDED}" in navigation


def test_a_review_goes_by_keys_and_is_counted_down(
    service: Service, admin: Person, open_browser: OpenBrowser
) -> None:
    # Given the page of what was drawn by lot, reached by its keys
    page = open_browser()
    sign_in(page, admin)
    press(page, "gr")
    wait_for(lambda: page.current_url.endswith("/console/review"))

    def left() -> str:
        return page.find_element(By.ID, "review-count").get_attribute("textContent") or ""

    # When one is approved, and the next one left to others
    press(page, "ja")
    wait_for(lambda: left() == str(DECIDED - 1))
    assert not focus_is_lost(page)
    page.find_element(By.CSS_SELECTOR, 'form[action$="/skip"] button').send_keys(Keys.ENTER)
    wait_for(lambda: status(page) == "Skipped.")
    # Then the focus is still on the page, and what was skipped still waits
    assert not focus_is_lost(page)
    assert left() == str(DECIDED - 1)
