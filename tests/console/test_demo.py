"""The example article in a real browser, against the whole running service."""

from __future__ import annotations

from uuid import uuid4

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement

from tests.conftest import Service
from tests.console.conftest import DESK, PHONE, OpenBrowser
from tests.console.console_browser import sideways, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.service]

RUDE = "You are a silly fool and a stupid idiot"
HOSTILE = (
    "<script>window.__fired = 1</script>",
    '"><img src=x onerror="window.__fired = 1">',
    "</p></li></ol><svg onload='window.__fired = 1'>",
    "javascript:window.__fired=1 [x](javascript:window.__fired=1)",
    "{{ 7 * 7 }} ${window.__fired = 1} &lt;b&gt;",
    "\u202e\u2067 desrever \u202e and never closed",
    "Z" + "\u0310\u0335\u0489" * 200 + " a\u0300\u0301\u0302",
    "w" * 1_500,
)


def test_a_kind_comment_is_approved_before_ones_eyes(
    service: Service, open_browser: OpenBrowser
) -> None:
    # Given a visitor whose page would notice a reload
    page = _open(open_browser(), service)
    page.execute_script("window.__still_here = true")
    # When they post something kind
    text = f"What a lovely idea, thank you! {uuid4()}"
    _post(page, text, name="Anna")
    # Then the decision arrives on the same page, with its scores
    card = _own(page, text, "approved")
    assert page.execute_script("return window.__still_here")
    assert "Anna" in card.text
    assert "Approved" in card.text
    assert len(card.find_elements(By.CSS_SELECTOR, ".score")) >= 2
    announced = page.find_element(By.ID, "announcer").get_attribute("textContent")
    assert announced is not None
    assert announced.startswith("Approved.")


def test_a_rude_comment_is_held_with_its_reasons_and_words(
    service: Service, open_browser: OpenBrowser
) -> None:
    page = _open(open_browser(), service)
    text = f"\U0001f642 {RUDE} {uuid4()}"
    _post(page, text)
    card = _own(page, text, "held")
    assert "Held for a moderator" in card.text
    assert "≥" in card.find_element(By.CSS_SELECTOR, ".explanation").text
    assert card.find_elements(By.CSS_SELECTOR, ".score[data-over]")
    # The emoji counts two in JavaScript and one here: a mark one off would cut a word.
    marks = [mark.text for mark in card.find_elements(By.CSS_SELECTOR, ".text mark")]
    assert marks
    assert set(" ".join(marks).split()) <= set(text.split())


def test_the_text_is_shown_as_it_was_written(
    service: Service, open_browser: OpenBrowser
) -> None:
    page = _open(open_browser(), service)
    text = f"{uuid4()}\n\n  a verse,\n  indented"
    _post(page, text)
    card = _own(page, text, "approved")
    shown = card.find_element(By.CSS_SELECTOR, ".text").get_attribute("textContent")
    assert shown == text


def test_another_visitor_sees_approved_comments_live_and_never_held_ones(
    service: Service, open_browser: OpenBrowser
) -> None:
    # Given two visitors
    writer, reader = _open(open_browser(), service), _open(open_browser(), service)
    # When one posts something rude, then something kind
    rude, kind = f"{RUDE} {uuid4()}", f"The tea jar is a sweet touch. {uuid4()}"
    _post(writer, rude)
    _own(writer, rude, "held")
    _post(writer, kind)
    # Then the other sees only the kind one appear, and no scores
    card = wait_for(lambda: _find(reader, kind))
    assert not card.find_elements(By.CSS_SELECTOR, ".verdict")
    assert rude not in reader.page_source
    reader.refresh()
    assert rude not in reader.page_source


@pytest.mark.parametrize(
    ("kind", "status"),
    [("kind", "approved"), ("rude", "held"), ("spam", "held"), ("evasive", "held")],
)
def test_an_example_shows_its_outcome_at_a_click(
    service: Service, open_browser: OpenBrowser, kind: str, status: str
) -> None:
    page = _open(open_browser(), service)
    page.find_element(By.CSS_SELECTOR, f"button[value={kind}]").click()
    selector = f".comment[data-own][data-status={status}]"
    wait_for(lambda: page.find_elements(By.CSS_SELECTOR, selector))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_hostile_comments_neither_run_nor_break_the_page_of_a_phone(
    service: Service, open_browser: OpenBrowser, scheme: str
) -> None:
    page = _open(open_browser(PHONE, scheme), service)
    # When each payload is posted, as the text and as the name
    for payload in HOSTILE:
        text = f"{payload} {uuid4()}"
        _post(page, text, name=payload[:60])
        _own(page, text)
    # Then after a fresh look at all of them nothing ran and nothing sticks out
    page.refresh()
    wait_for(lambda: len(page.find_elements(By.CSS_SELECTOR, ".comment")) >= len(HOSTILE))
    assert page.execute_script("return typeof window.__fired") == "undefined"
    assert not page.find_elements(By.CSS_SELECTOR, ".comment img, .comment script, .comment a")
    assert sideways(page) == 0
    for card in page.find_elements(By.CSS_SELECTOR, ".comment"):
        assert card.rect["x"] >= 0
        assert card.rect["x"] + card.rect["width"] <= PHONE[0]
    assert "7 * 7" in page.find_element(By.ID, "list").text


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_light_and_dark_differ_and_nothing_is_logged(
    service: Service, open_browser: OpenBrowser, size: tuple[int, int]
) -> None:
    grounds = set()
    for scheme in ("light", "dark"):
        page = _open(open_browser(size, scheme), service)
        body = page.find_element(By.TAG_NAME, "body")
        grounds.add(body.value_of_css_property("background-color"))
        assert sideways(page) == 0
        assert page.get_log("browser") == []
    assert len(grounds) == 2


def test_a_refused_comment_stays_in_the_form(
    service: Service, open_browser: OpenBrowser
) -> None:
    page = _open(open_browser(), service)
    page.execute_script("document.getElementById('text').value = '   '")
    page.find_element(By.CSS_SELECTOR, ".post").click()
    refusal = page.find_element(By.ID, "refusal")
    wait_for(lambda: refusal.text == "Your comment must not be empty.")
    assert page.find_element(By.ID, "text").get_attribute("value") == "   "


def test_posting_all_the_time_is_held_as_a_flood_in_plain_words(
    service: Service, open_browser: OpenBrowser
) -> None:
    page = _open(open_browser(), service)
    for _ in range(10):
        text = f"A pleasant evening to all of you {uuid4()}"
        _post(page, text)
        _own(page, text)
    last = f"A pleasant evening once more {uuid4()}"
    _post(page, last)
    assert "posting very quickly" in _own(page, last, "held").text


def _open(page: WebDriver, service: Service) -> WebDriver:
    page.get(f"{service.url}/demo")
    wait_for(lambda: page.find_elements(By.CSS_SELECTOR, "#connection[data-state=on]"))
    return page


def _post(page: WebDriver, text: str, *, name: str = "") -> None:
    # By script, as a paste would: chromedriver types nothing beyond the basic plane.
    page.execute_script(
        "const { text, name } = document.getElementById('compose').elements;"
        "text.value = arguments[0]; name.value = arguments[1];",
        text,
        name,
    )
    page.find_element(By.CSS_SELECTOR, ".post").click()
    wait_for(lambda: page.find_element(By.CSS_SELECTOR, ".post").is_enabled())


def _own(page: WebDriver, text: str, status: str | None = None) -> WebElement:
    """The visitor's own comment, once it is decided."""
    stands = f"[data-status={status}]" if status else ":not([data-status=pending])"
    return wait_for(lambda: _find(page, text, f".comment[data-own]{stands}"))


def _find(page: WebDriver, text: str, selector: str = ".comment") -> WebElement | None:
    # In one step: a decision may replace the element between two.
    found: WebElement | None = page.execute_script(
        "return [...document.querySelectorAll(arguments[1])].find("
        "one => one.querySelector('.text').textContent === arguments[0])",
        text,
        selector,
    )
    return found
