"""What the queue does when a decision cannot be saved, and when its page runs out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.console.console_browser import (
    cards,
    current_id,
    focus_is_lost,
    set_network,
    status,
    wait_for,
)
from tests.console.test_console_keys import OpenQueue, open_new_queue

__all__ = ["open_new_queue"]

pytestmark = [pytest.mark.browser, pytest.mark.service, pytest.mark.timeout(300)]


@contextmanager
def no_connection(page: Chrome) -> Iterator[None]:
    """The browser reaches nobody for a while."""
    set_network(page, offline=True)
    yield
    set_network(page, offline=False)


def test_a_decision_made_without_a_connection_waits_on_its_card(
    open_new_queue: OpenQueue,
) -> None:
    queue = open_new_queue(3)
    first = current_id(queue.page)
    assert first
    # Given a connection that is gone
    with no_connection(queue.page):
        queue.press("r3")
        # Then the next card is current, and the first says that its decision is not saved
        assert current_id(queue.page) not in {first, None}
        failure = wait_for(lambda: queue.page.find_element(By.CSS_SELECTOR, ".failure"))
        assert "Spam" in failure.text
        assert "not saved" in status(queue.page)
        assert not focus_is_lost(queue.page)
        assert len(cards(queue.page)) == 3
    # When it is tried again with a connection
    failure.find_element(By.TAG_NAME, "button").click()
    # Then the decision that was chosen is saved
    decision = queue.decision(first)
    assert [reason["code"] for reason in decision["reasons"]] == ["SPAM"]
    wait_for(lambda: len(cards(queue.page)) == 2)


def test_more_comments_come_before_the_page_runs_out(open_new_queue: OpenQueue) -> None:
    queue = open_new_queue(22)
    shown = len(cards(queue.page))
    assert shown < 22
    # When all but a few are decided
    for _ in range(shown - 3):
        queue.press("a")
    # Then the others are there too, each once, and the focus is where it was
    wait_for(lambda: len(cards(queue.page)) == 22 - (shown - 3))
    anchors = [card.get_attribute("id") for card in cards(queue.page)]
    assert len(set(anchors)) == len(anchors)
    assert not focus_is_lost(queue.page)
    wait_for(lambda: "These were all" in queue.page.find_element(By.ID, "more").text)


def test_the_focus_rests_at_the_end_when_nothing_is_left(open_new_queue: OpenQueue) -> None:
    queue = open_new_queue(1)
    queue.press("a")
    wait_for(lambda: not cards(queue.page))
    assert not focus_is_lost(queue.page)
    # And undo still brings the last one back
    queue.press("u")
    wait_for(lambda: current_id(queue.page))
