"""The pages about webhooks, without a browser; the deliverer is played."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from moderation.deliveries import Outcome
from moderation.domain import Role
from moderation.record import Record
from moderation.webhooks import MOST_ENDPOINTS, Endpoint, Envelope, EventType
from tests.conftest import DEMO_SITE, Service
from tests.console.conftest import OpenBrowser
from tests.console.console_browser import new_person, sign_in, wait_for
from tests.console.looks import in_every_look, open_details
from tests.console.visits import Visit, admin, person
from tests.console.webhooks_world import PATHS, webhooks_world
from tests.deliveries import attempt_all, new_endpoint
from tests.held import hold, hold_many

SECRET = re.compile(r'<output class="secret">([^<]+)</output>')
LIST = "/console/webhooks"
URL = "https://198.41.0.4/hook"
HELD = EventType.COMMENT_HELD.value
DECISION = EventType.DECISION_CREATED.value


@pytest.fixture
def ada(app: Flask) -> Visit:
    """The admin."""
    return admin(app)


@pytest.fixture
def endpoint(record: Record) -> Endpoint:
    return new_endpoint(record)


@pytest.fixture
def at(endpoint: Endpoint) -> str:
    """The address of the endpoint's page."""
    return f"{LIST}/{endpoint.id}"


def follow(visit: Visit, path: str, **fields: str) -> str:
    """Sends a form; the page that it leads to."""
    answer = visit.post(path, **fields)
    assert answer.status_code == 303, answer.text
    page = visit.get(answer.location)
    assert page.status_code == 200
    return page.text


class TestList:
    def test_an_endpoint_is_made_and_its_secret_shown_once(self, ada: Visit, record: Record):
        answer = ada.post(LIST, url=f" {URL} ", events=HELD, envelope="cloudevents")

        assert answer.status_code == 200
        [made] = record.webhooks.all(DEMO_SITE)
        assert SECRET.findall(answer.text) == [made.secrets[0].value]
        assert (made.url, made.events) == (URL, (EventType.COMMENT_HELD,))
        assert made.envelope is Envelope.CLOUDEVENTS
        for page in (LIST, f"{LIST}/{made.id}"):
            assert made.secrets[0].value not in ada.get(page).text
            assert URL in ada.get(page).text

    def test_what_cannot_be_is_said_at_its_field_and_what_was_typed_stays(
        self, ada: Visit, record: Record
    ):
        answer = ada.post(LIST, url="https://127.0.0.1/x", events=HELD)

        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        assert "private or reserved" in answer.text
        assert 'value="https://127.0.0.1/x"' in answer.text
        assert f'value="{HELD}" checked' in answer.text
        assert f'value="{DECISION}" checked' not in answer.text
        assert "Choose at least one event." in ada.post(LIST, url=URL).text
        assert record.webhooks.all(DEMO_SITE) == []

    def test_a_site_that_has_as_many_as_it_may_is_told(self, ada: Visit, record: Record):
        for number in range(MOST_ENDPOINTS):
            new_endpoint(record, number=number)

        answer = ada.post(LIST, url=URL, events=HELD)

        assert answer.status_code == 422
        assert f"at most {MOST_ENDPOINTS}" in answer.text

    def test_it_is_said_how_each_does(self, ada: Visit, record: Record):
        works, fails, off = (new_endpoint(record, number=n) for n in (1, 2, 3))
        hold(record, "c1")
        attempt_all(record, works)
        attempt_all(record, fails, Outcome.RETRIED, status=500)
        ada.post(f"{LIST}/{off.id}/disable")

        page = ada.get(LIST).text

        for state in (
            ">works<",
            ">failing<",
            ">disabled<",
            "1 waiting",
            "switched off by admin",
        ):
            assert state in page

    def test_it_is_said_that_no_deliverer_is_alive(self, ada: Visit, record: Record, at: str):
        for page in (LIST, at):
            assert "No deliverer is alive" in ada.get(page).text
        record.webhooks.tick()
        for page in (LIST, at):
            assert "No deliverer is alive" not in ada.get(page).text


class TestOne:
    def test_it_is_changed(self, ada: Visit, record: Record, endpoint: Endpoint, at: str):
        page = follow(ada, at, url=URL, events=HELD, envelope="cloudevents")

        assert "Saved." in page
        changed = record.webhooks.one(DEMO_SITE, endpoint.id)
        assert (changed.url, changed.events) == (URL, (EventType.COMMENT_HELD,))
        assert (changed.envelope, changed.secrets) == (Envelope.CLOUDEVENTS, endpoint.secrets)

    def test_what_cannot_be_changes_nothing_and_stays_in_the_form(
        self, ada: Visit, record: Record, endpoint: Endpoint, at: str
    ):
        answer = ada.post(at, url="http://198.41.0.4/", events=HELD)

        assert answer.status_code == 422
        assert "must begin with https://" in answer.text
        assert 'value="http://198.41.0.4/"' in answer.text
        assert record.webhooks.one(DEMO_SITE, endpoint.id) == endpoint

    def test_a_new_secret_is_shown_once_and_the_one_before_never(
        self, ada: Visit, record: Record, endpoint: Endpoint, at: str
    ):
        answer = ada.post(f"{at}/rotate")

        new, old = record.webhooks.one(DEMO_SITE, endpoint.id).secrets
        assert SECRET.findall(answer.text) == [new.value]
        assert old.value not in answer.text
        page = ada.get(at).text
        assert "the one before" in page
        assert new.value not in page

    def test_disabling_says_why_and_enabling_is_at_hand(
        self, ada: Visit, record: Record, endpoint: Endpoint, at: str
    ):
        page = follow(ada, f"{at}/disable")
        assert "switched off by admin" in page
        assert f'action="{at}/enable"' in page
        assert f'action="{at}/ping"' not in page
        assert ada.post(f"{at}/ping").status_code == 409

        page = follow(ada, f"{at}/enable")
        assert "switched off" not in page
        assert record.webhooks.one(DEMO_SITE, endpoint.id).disabled == ""

    def test_a_test_message_that_nobody_sends_is_said_to_be_on_its_way(
        self, ada: Visit, at: str
    ):
        assert "is on its way" in follow(ada, f"{at}/ping")

    @pytest.mark.parametrize(
        ("outcome", "status", "said"),
        [
            (Outcome.DELIVERED, 204, "was delivered: <bdi>204 No Content"),
            (Outcome.PARKED, 599, "was not delivered: <bdi>599"),
        ],
    )
    def test_what_became_of_a_test_message_is_said(
        self,
        ada: Visit,
        record: Record,
        endpoint: Endpoint,
        at: str,
        outcome: Outcome,
        status: int,
        said: str,
    ):
        message = record.webhooks.ping(endpoint).id(DEMO_SITE)
        attempt_all(record, endpoint, outcome, status=status)

        assert said in ada.get(f"{at}?pinged={message}").text

    def test_it_is_removed_for_good(self, ada: Visit, record: Record, at: str):
        assert "is removed" in follow(ada, f"{at}/remove")

        assert record.webhooks.all(DEMO_SITE) == []
        assert ada.get(at).status_code == 404


class TestDeliveries:
    def test_an_attempt_is_told_with_what_the_receiver_said_as_text(
        self, ada: Visit, record: Record, endpoint: Endpoint, at: str
    ):
        hold(record, "c1")
        evil = "<script>alert(1)</script>\u202efdp"
        attempt_all(record, endpoint, Outcome.RETRIED, status=503, error=evil, response=evil)

        page = ada.get(at).text

        assert "503 Service Unavailable" in page
        assert 'href="/console/comments/c1"' in page
        assert "2036-11-28 12:00:00" in page
        assert page.count("&lt;script&gt;") >= 2  # how it last failed, and the answer
        assert "<script>alert" not in page
        assert "\u202e" not in page

    def test_older_ones_are_on_further_pages(
        self, ada: Visit, record: Record, endpoint: Endpoint, at: str
    ):
        hold_many(record, 30)
        sent = attempt_all(record, endpoint)

        first = ada.get(at).text
        [older] = re.findall(r'href="([^"]+)" rel="next"', first)
        second = ada.get(older).text

        assert sent[-1] in first
        assert sent[0] not in first
        assert sent[0] in second
        assert "Back to the first" in second
        assert ada.get(f"{at}?before=x'--").status_code == 200

    def test_one_is_sent_again(self, ada: Visit, record: Record, endpoint: Endpoint, at: str):
        hold(record, "c1")
        [message] = attempt_all(record, endpoint)
        assert f'name="message" value="{message}"' in ada.get(at).text

        assert "sent again" in follow(ada, f"{at}/replay", message=message)

        assert attempt_all(record, endpoint) == [message]

    def test_what_was_given_up_is_shown_and_sent_again(
        self, ada: Visit, record: Record, endpoint: Endpoint, at: str
    ):
        hold_many(record, 2)
        given_up = attempt_all(record, endpoint, Outcome.PARKED, status=400)
        assert "Send all 2 again" in ada.get(at).text

        assert "Given up</h2>" not in follow(ada, f"{at}/replay", parked="on")

        assert sorted(attempt_all(record, endpoint)) == sorted(given_up)

    def test_what_happened_in_a_time_is_sent_again(
        self, ada: Visit, record: Record, endpoint: Endpoint, at: str
    ):
        hold(record, "c1")
        sent = attempt_all(record, endpoint)
        time = {"from": "2020-01-01T00:00", "to": "2099-01-01T00:00"}

        assert "in that time" in follow(ada, f"{at}/replay", **time)

        assert attempt_all(record, endpoint) == sent

    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            ({}, 422),
            ({"from": "yesterday", "to": "today"}, 422),
            ({"from": "2026-01-02T00:00", "to": "2026-01-01T00:00"}, 422),
            ({"message": "msg_demo_1-1_decision-created"}, 404),
            ({"message": "<b>"}, 404),
        ],
    )
    def test_what_cannot_be_sent_again_is_said(
        self, ada: Visit, at: str, fields: dict[str, str], status: int
    ):
        answer = ada.post(f"{at}/replay", **fields)

        assert answer.status_code == status
        assert "Nothing was sent" in answer.text
        assert f'href="{at}"' in answer.text


ACTS = ("", "/enable", "/disable", "/rotate", "/ping", "/replay", "/remove")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MODERATOR])
def test_they_are_for_admins_alone(
    app: Flask, record: Record, endpoint: Endpoint, at: str, role: Role
):
    visit = person(app, record, "eve", demo=role)

    assert visit.get(LIST).status_code == 403
    assert visit.get(at).status_code == 403
    assert LIST not in visit.get("/console/preferences").text
    for path in (LIST, *(at + act for act in ACTS)):
        assert visit.post(path, url=URL, events=HELD, parked="on").status_code == 403
    assert record.webhooks.all(DEMO_SITE) == [endpoint]


def test_an_endpoint_of_another_site_is_not_there(
    app: Flask, record: Record, other_site: str, endpoint: Endpoint, at: str
):
    olga = person(app, record, "olga", other=Role.ADMIN)

    assert olga.get(at).status_code == 404
    for act in ACTS:
        assert olga.post(at + act, url=URL, events=HELD, parked="on").status_code == 404
    assert at not in olga.get(LIST).text
    assert record.webhooks.all(DEMO_SITE) == [endpoint]


@pytest.mark.browser
@pytest.mark.service
@pytest.mark.timeout(300)
def test_they_are_in_order_in_every_look(service: Service, open_browser: OpenBrowser):
    page = open_browser()
    sign_in(page, new_person(service, "admin"))
    page.get_log("browser")
    answers = ["", "timed out", "<h1>Internal Server Error</h1>" + "x" * 900]
    with webhooks_world(service, answers):
        for path in PATHS:
            page.get(service.url + path)
            open_details(page)
            assert in_every_look(page) == "", path


@pytest.mark.browser
@pytest.mark.service
@pytest.mark.timeout(300)
def test_an_address_that_is_refused_is_told_in_order_and_with_the_keyboard_alone(
    service: Service, open_browser: OpenBrowser
):
    page = open_browser()
    sign_in(page, new_person(service, "admin"), LIST)
    page.find_element(By.NAME, "url").send_keys("https://127.0.0.1/", Keys.ENTER)
    wait_for(lambda: page.find_elements(By.CSS_SELECTOR, "[aria-invalid=true]"))
    page.get_log("browser")  # the refusal itself, 422
    assert in_every_look(page) == ""
