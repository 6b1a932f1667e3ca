"""Many decided at once and the policy's effect seen first, in a real browser."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from tests.conftest import Service
from tests.console.conftest import OpenBrowser
from tests.console.console_browser import (
    comment,
    new_person,
    open_queue,
    plain_comments,
    post_held,
    press,
    sign_in,
    wait_for,
)

pytestmark = [pytest.mark.browser, pytest.mark.service, pytest.mark.timeout(300)]


def statuses(service: Service, ids: Sequence[str]) -> set[str]:
    """How some comments stand."""
    with service.client() as client:
        return {comment(client, one)["status"] for one in ids}


def push(page: Chrome, name: str) -> None:
    """Presses the button whose writing begins so."""
    path = f"//main//button[starts-with(normalize-space(.), '{name}')]"
    wait_for(lambda: page.find_element(By.XPATH, path)).click()


def test_a_range_of_the_histogram_is_decided_and_undone(
    service: Service, open_browser: OpenBrowser
) -> None:
    # Given an article with held comments whose scores are low
    article_id = f"range-{uuid4().hex[:8]}"
    ids = post_held(service, plain_comments(12, article_id))
    page = open_browser()
    sign_in(page, new_person(service), f"/console/batch?article={article_id}")
    assert not page.find_elements(By.CSS_SELECTOR, ".deciding-all")
    # When a range is typed, and what is in it approved
    page.find_element(By.NAME, "to").send_keys("1", Keys.TAB)
    wait_for(lambda: "12 comments in the range" in page.find_element(By.ID, "picked").text)
    assert len(page.find_elements(By.CSS_SELECTOR, ".sample > li")) == 12
    push(page, "Approve these 12")
    # Then all of them are, and one button takes all of it back
    wait_for(lambda: statuses(service, ids) == {"approved"})
    push(page, "Undo")
    wait_for(lambda: statuses(service, ids) == {"held"})


def test_what_is_selected_by_keys_is_rejected_together(
    service: Service, open_browser: OpenBrowser
) -> None:
    article_id = f"select-{uuid4().hex[:8]}"
    first, second, third = post_held(service, plain_comments(3, article_id))
    page = open_browser()
    sign_in(page, new_person(service))
    open_queue(page, service, article_id)
    press(page, "jxjx")
    assert "2 selected" in page.find_element(By.ID, "selection").text
    Select(page.find_element(By.CSS_SELECTOR, "#selection select")).select_by_value("SPAM")
    push(page, "Reject as")
    wait_for(lambda: statuses(service, [first, second]) == {"rejected"})
    assert statuses(service, [third]) == {"held"}


def test_a_threshold_shows_its_effect_before_it_holds(
    service: Service, open_browser: OpenBrowser
) -> None:
    # Given comments that were decided
    post_held(service, plain_comments(3, f"effect-{uuid4().hex[:8]}"))
    page = open_browser()
    sign_in(page, new_person(service, "admin"), "/console/policy")
    sentence = page.find_element(By.CSS_SELECTOR, "#effect .sentence").text
    # When the slider of a category is moved by the keyboard
    slider = page.find_element(By.CSS_SELECTOR, "input[type=range]")
    slider.send_keys(Keys.HOME)
    # Then the page says what that would do, and nothing is saved
    moved = wait_for(
        lambda: (
            text
            if (text := page.find_element(By.CSS_SELECTOR, "#effect .sentence").text)
            != sentence
            else ""
        )
    )
    assert moved.startswith("The draft holds 100 %")
    assert "(now" in moved
    with service.client() as client:
        before = client.get("/v1/policy").json()["thresholds"]
    assert min(before.values()) > 0.0
    page.get(f"{service.url}/console/policy")
    assert page.find_element(By.CSS_SELECTOR, "#effect .sentence").text == sentence
