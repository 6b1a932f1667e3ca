"""A training from the console, on the whole service and in a real browser."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.conftest import Service
from tests.console.accessibility import violations
from tests.console.conftest import DESK, PHONE, OpenBrowser, emulate
from tests.console.console_browser import (
    Person,
    focus_is_lost,
    new_person,
    sideways,
    sign_in,
    status,
    wait_for,
)
from tests.console.looks import open_details

pytestmark = [pytest.mark.browser, pytest.mark.service, pytest.mark.timeout(300)]

#: A training of so few labels takes some seconds; more where much else is done.
TRAINING_S = 150.0
LABELS = 120


def teach(admin: Person) -> None:
    """Imports labels that say something the shipped release does not know."""
    kinds = (("The library is splendid in room", 0), ("Only a dunderpate likes room", 1))
    labels = [
        {"text": f"{kinds[number % 2][0]} {number}", "label": kinds[number % 2][1]}
        for number in range(LABELS)
    ]
    admin.call("POST", "/v1/labels", {"labels": labels})


def test_a_training_is_started_by_keyboard_and_watched_without_a_reload(
    service: Service, open_browser: OpenBrowser
) -> None:
    # Given labels, and an admin at the page of the models
    admin, page = new_person(service, "admin"), open_browser()
    teach(admin)
    sign_in(page, admin, "/console/models")

    # When they press the button
    page.find_element(By.ID, "train-now").send_keys(Keys.ENTER)
    wait_for(lambda: page.find_element(By.TAG_NAME, "progress"))
    page.execute_script("window.isTheSamePage = true")
    page.execute_script("document.getElementById('cancel-training').focus()")
    wait_for(lambda: ":" in page.find_element(By.ID, "training").text, TRAINING_S)

    # Then they see how far it is, keep the focus, and are told when it is done
    assert not focus_is_lost(page)
    wait_for(lambda: "Training is done: see" in status(page), TRAINING_S)
    assert page.execute_script("return window.isTheSamePage")
    link = wait_for(lambda: page.find_element(By.CSS_SELECTOR, "#releases li a"))

    # And the candidate's page is in order in every look
    url = link.get_attribute("href") or ""
    for size, scheme in ((DESK, "light"), (PHONE, "light"), (PHONE, "dark")):
        for address in (f"{service.url}/console/models", url, f"{url}/shadow"):
            emulate(page, size, scheme)
            page.get(address)
            open_details(page)
            assert sideways(page) == 0
            assert violations(page) == []
    assert [one["message"] for one in page.get_log("browser")] == []
