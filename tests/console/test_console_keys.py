"""The held queue worked by keys alone, in a real browser against the running service."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.conftest import Service
from tests.console.conftest import OpenBrowser
from tests.console.console_browser import (
    Person,
    cards,
    comment,
    current_card,
    current_id,
    fill_in_sign_in,
    focus_is_lost,
    new_person,
    open_queue,
    plain_comments,
    post_held,
    press,
    set_network,
    sign_in,
    status,
    wait_for,
)

pytestmark = [pytest.mark.browser, pytest.mark.service, pytest.mark.timeout(300)]

#: Keys → the decision that they make, and the reason where one is chosen by its digit.
WAYS = (
    ("a", "approve", None),
    (f"r{Keys.ENTER}", "reject", None),
    ("r3", "reject", "SPAM"),
    ("h", "hold", None),
)
STRIP = "article.strip"
#: The console waits 0.3 s before it claims what somebody looks at.
CLAIM_SENT_S = 0.6


@dataclass(frozen=True)
class Queue:
    """A browser at the held comments of an article of its own, the first one current."""

    page: Chrome
    person: Person
    article_id: str
    ids: list[str]

    def press(self, keys: str) -> None:
        press(self.page, keys)

    def decision(self, comment_id: str) -> dict[str, Any]:
        """The latest decision, once a person made it."""
        with self.person.service.client() as client:

            def by_a_person() -> dict[str, Any] | None:
                decision: dict[str, Any] = comment(client, comment_id)["decision"]
                return decision if decision["source"] == "moderator" else None

            return wait_for(by_a_person)

    def strip(self) -> str:
        """What is left of a decided card says."""
        return wait_for(lambda: self.page.find_element(By.CSS_SELECTOR, STRIP).text)


OpenQueue = Callable[..., Queue]


@pytest.fixture
def open_new_queue(service: Service, open_browser: OpenBrowser) -> OpenQueue:
    """Opens the queue for a new person, `open_new_queue(count)`."""

    def open_one(count: int) -> Queue:
        article_id = f"keys-{uuid4().hex[:8]}"
        ids = post_held(service, plain_comments(count, article_id))
        return visit(open_browser(), new_person(service), article_id, ids)

    return open_one


def visit(page: Chrome, person: Person, article_id: str, ids: list[str]) -> Queue:
    """Signs somebody in and makes the first comment of an article the current one."""
    sign_in(page, person)
    open_queue(page, person.service, article_id)
    press(page, "j")
    wait_for(lambda: current_card(page))
    return Queue(page, person, article_id, ids)


def test_twenty_comments_are_decided_by_keys_alone(open_new_queue: OpenQueue) -> None:
    # Given twenty held comments
    queue = open_new_queue(20)
    # When each is decided by one key, or two for a reason
    expected, began = {}, time.monotonic()
    for number in range(20):
        keys, action, reason = WAYS[number % len(WAYS)]
        decided = wait_for(lambda: current_id(queue.page))
        queue.press(keys)
        expected[decided] = (action, reason)
        # Then the next one is there at once, and has the focus
        assert not focus_is_lost(queue.page)
        if number < 19:
            assert current_id(queue.page) not in {decided, None}, f"stayed after {keys!r}"
    assert time.monotonic() - began < 40, "slower than 30 decisions a minute"
    # Then every decision is what its keys say, and was announced
    assert set(expected) == set(queue.ids)
    for comment_id, (action, reason) in expected.items():
        decision = queue.decision(comment_id)
        assert decision["action"] == action
        assert decision["moderator"] == queue.person.name
        codes = [given["code"] for given in decision["reasons"]]
        assert codes == [reason] if reason else len(codes) == (action == "reject")
    assert status(queue.page)
    assert not cards(queue.page)


def test_undo_brings_the_comment_back_as_a_further_decision(open_new_queue: OpenQueue) -> None:
    queue = open_new_queue(3)
    first = current_id(queue.page)
    assert first
    # When a decision is undone by a key
    queue.press("a")
    assert queue.decision(first)["action"] == "approve"
    queue.press("u")
    # Then the card is back and current, the comment is held, and nothing was deleted
    wait_for(lambda: current_id(queue.page) == first)
    with queue.person.service.client() as client:
        held = wait_for(lambda: (one := comment(client, first))["status"] == "held" and one)
    assert held["revision"] == 3
    assert not focus_is_lost(queue.page)
    # And it can be decided once more
    queue.press("r4")
    wait_for(lambda: queue.decision(first)["action"] == "reject")


def test_a_note_is_typed_without_its_letters_being_keys(open_new_queue: OpenQueue) -> None:
    queue = open_new_queue(2)
    first = current_id(queue.page)
    assert first
    queue.press("n")
    note = wait_for(
        lambda: queue.page.find_element(By.CSS_SELECTOR, ".rejecting[open] [name=note]")
    )
    wait_for(lambda: queue.page.switch_to.active_element == note)
    queue.press(f"a jolly hoax{Keys.ENTER}")
    assert queue.decision(first)["action"] == "reject"
    assert len(cards(queue.page)) == 1
    queue.page.get(f"{queue.person.service.url}/console/comments/{first}")
    assert "a jolly hoax" in queue.page.find_element(By.CSS_SELECTOR, ".timeline").text


def test_escape_closes_the_reasons_and_decides_nothing(open_new_queue: OpenQueue) -> None:
    queue = open_new_queue(2)
    first = current_id(queue.page)
    queue.press("r")
    wait_for(lambda: queue.page.find_elements(By.CSS_SELECTOR, ".rejecting[open]"))
    queue.press(Keys.ESCAPE)
    wait_for(lambda: not queue.page.find_elements(By.CSS_SELECTOR, ".rejecting[open]"))
    assert current_id(queue.page) == first
    assert len(cards(queue.page)) == 2


def test_whoever_is_second_is_told_what_the_first_decided(
    open_new_queue: OpenQueue, open_browser: OpenBrowser
) -> None:
    # Given two moderators who see the same comment
    one = open_new_queue(2)
    other = visit(open_browser(), new_person(one.person.service), one.article_id, one.ids)
    wanted = current_id(other.page)
    assert wanted == current_id(one.page)
    assert wanted
    # When both decide, one after the other
    one.press("a")
    assert one.decision(wanted)["action"] == "approve"
    other.press("r3")
    # Then the second is told who was first and what they decided
    strip = other.strip()
    assert one.person.name in strip
    assert "approved" in strip.lower()
    assert "was first" in status(other.page) or one.person.name in status(other.page)
    # And nothing was overwritten
    assert one.decision(wanted)["action"] == "approve"
    assert one.decision(wanted)["revision"] == 2
    assert not focus_is_lost(other.page)


def test_others_see_who_looks_at_a_comment_and_pass_it_by(
    open_new_queue: OpenQueue, open_browser: OpenBrowser
) -> None:
    # Given somebody who looks at the second of three comments
    one = open_new_queue(3)
    one.press("j")
    wait_for(lambda: one.page.find_elements(By.CSS_SELECTOR, '[data-claim="mine"]'))
    claimed = current_id(one.page)
    # When another decides the first
    other = visit(open_browser(), new_person(one.person.service), one.article_id, one.ids)
    with_other = other.page.find_element(By.CSS_SELECTOR, '[data-claim="other"]')
    assert one.person.name in with_other.text
    other.press("h")
    # Then the next one is the third, and the second is there all the same
    assert current_id(other.page) not in {claimed, None}
    other.press("k")
    assert current_id(other.page) == claimed


def test_a_decision_made_while_the_claim_is_on_its_way_is_not_lost(
    open_new_queue: OpenQueue,
) -> None:
    # Given a slow line, on which claiming the current comment takes its time
    queue = open_new_queue(2)
    set_network(queue.page, latency_ms=1_000)
    queue.press("j")
    claimed = current_id(queue.page)
    assert claimed
    time.sleep(CLAIM_SENT_S)
    # When it is decided before the claim is answered
    queue.press("a")
    # Then it is decided, and the queue has moved on
    assert current_id(queue.page) != claimed
    assert queue.decision(claimed)["action"] == "approve"


def test_a_decision_of_somebody_signed_out_is_kept_until_they_are_in_again(
    open_new_queue: OpenQueue,
) -> None:
    queue = open_new_queue(2)
    first = current_id(queue.page)
    assert first
    # Given a session that ends while a comment is looked at
    queue.page.delete_all_cookies()
    # When it is decided, and they sign in again
    queue.press("r3")
    wait_for(lambda: "/console/sign-in" in queue.page.current_url)
    fill_in_sign_in(queue.page, queue.person)
    # Then the decision waits to be saved, and one key saves it
    kept = wait_for(lambda: queue.page.find_element(By.CSS_SELECTOR, ".unsaved"))
    assert "reject as Spam" in kept.text
    wait_for(lambda: queue.page.switch_to.active_element.tag_name == "button")
    queue.press(Keys.ENTER)
    decision = queue.decision(first)
    assert decision["action"] == "reject"
    assert [reason["code"] for reason in decision["reasons"]] == ["SPAM"]


def test_a_comment_erased_while_it_is_open_is_said_to_be_gone(
    open_new_queue: OpenQueue,
) -> None:
    queue = open_new_queue(2)
    first = current_id(queue.page)
    with queue.person.service.client() as client:
        assert client.delete(f"/v1/comments/{first}").status_code == 204
    queue.press("a")
    assert "gone" in queue.strip()
    assert current_id(queue.page) not in {first, None}


def test_keys_can_be_switched_off(open_new_queue: OpenQueue) -> None:
    queue = open_new_queue(2)
    prefer(queue.person, keys=False)
    open_queue(queue.page, queue.person.service, queue.article_id)
    queue.page.execute_script("document.querySelector('article.card').focus()")
    queue.press("ajrhx?")
    assert len(cards(queue.page)) == 2
    assert not queue.page.find_elements(By.CSS_SELECTOR, ".rejecting[open], :popover-open")
    assert not queue.page.find_elements(By.CSS_SELECTOR, ".card kbd")


def test_a_remapped_key_decides_and_the_usual_one_does_not(open_new_queue: OpenQueue) -> None:
    queue = open_new_queue(2)
    prefer(queue.person, remapped={"approve": "y"})
    open_queue(queue.page, queue.person.service, queue.article_id)
    queue.press("j")
    first = wait_for(lambda: current_id(queue.page))
    queue.press("a")
    assert current_id(queue.page) == first
    queue.press("y")
    assert queue.decision(first)["action"] == "approve"


@pytest.mark.parametrize("keys", [Keys.CONTROL, Keys.ALT, Keys.META])
def test_keys_with_a_modifier_are_the_browsers(open_new_queue: OpenQueue, keys: str) -> None:
    queue = open_new_queue(1)
    card = current_card(queue.page)
    assert card
    card.send_keys(f"{keys}h{Keys.NULL}")
    assert current_card(queue.page) == card
    assert len(cards(queue.page)) == 1


def test_the_help_lists_the_keys_and_goes_away(open_new_queue: OpenQueue) -> None:
    queue = open_new_queue(1)
    queue.press("?")
    shown = wait_for(lambda: queue.page.find_element(By.CSS_SELECTOR, "#help:popover-open"))
    assert "keep held" in shown.text
    queue.press(Keys.ESCAPE)
    wait_for(lambda: not queue.page.find_elements(By.CSS_SELECTOR, "#help:popover-open"))
    wait_for(lambda: not focus_is_lost(queue.page))


def prefer(person: Person, **preferences: object) -> None:
    """Sets preferences as their page does."""
    usual = person.call("GET", "/v1/preferences")
    person.call("PUT", "/v1/preferences", {**usual, **preferences})
