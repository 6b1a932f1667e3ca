"""Hostile comments on every page of the console: nothing runs, loads, restyles or deceives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver

from moderation.console.cards import PAGE_CARDS
from tests.conftest import Service
from tests.console import webhooks_world
from tests.console.conftest import PHONE, OpenBrowser
from tests.console.console_browser import (
    cards,
    has_alert,
    new_person,
    open_queue,
    post_held,
    press,
    sign_in,
    strangers,
    wait_for,
)
from tests.console.hostile_payloads import FAMILIES
from tests.console.looks import open_details
from tests.console.retraining_world import PATHS, retraining_world

pytestmark = [pytest.mark.browser, pytest.mark.service, pytest.mark.timeout(600)]

TEXT_CHARACTERS = 19_000
NAME_CHARACTERS = 500
URL_CHARACTERS = 3_900
ID_CHARACTERS = 60
#: Every so manieth comment's own page is opened.
OWN_PAGE_OF_EVERY = 24
PAGES_OF_THE_SITE = ("policy", "figures", "audit")
#: So many are on the pages about retraining, which show no more at once.
OF_RETRAINING = 15
REPORT_CHARACTERS = 2_000
RESPONSE_CHARACTERS = 1_000
#: A text that a slow machine marks only after its card was decided has no place any more;
#: htmx tells so in the log, and that is all.
LATE_MARKS = '"htmx:oobErrorNoTarget, #text-'
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

INSPECT = (Path(__file__).parent / "hostile_inspect.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("family", FAMILIES)
def test_no_payload_does_anything_on_any_page(
    service: Service, open_browser: OpenBrowser, family: str
) -> None:
    # Given comments whose every part is hostile
    article = f"hostile <{family}>\"'&?#/../{uuid4().hex[:8]}"
    posted = hostile_comments(FAMILIES[family], article)
    ids = post_held(service, posted)
    report(service, ids, FAMILIES[family])
    admin = new_person(service, "admin")
    page = open_browser(PHONE)
    sign_in(page, admin)
    strangers(page, service)
    # When every page that shows one of them is opened
    harm: dict[str, list[str]] = {}
    for path in pages_showing(posted, ids, article):
        page.get(service.url + path)
        if found := harm_done(page, service):
            harm[path] = found
    # Then nothing happened
    assert not harm, "\n".join(f"{path}: {found}" for path, found in harm.items())


def test_no_payload_does_anything_on_the_pages_about_the_whole_site(
    service: Service, open_browser: OpenBrowser
) -> None:
    # Given one payload of each family
    article = f"hostile <all>\"'&?#/../{uuid4().hex[:8]}"
    payloads = [family[-1] for family in FAMILIES.values()]
    report(service, post_held(service, hostile_comments(payloads, article)), payloads)
    page = open_browser(PHONE)
    sign_in(page, new_person(service, "admin"))
    strangers(page, service)
    harm: dict[str, list[str]] = {}
    for path in ("batch", f"batch?article={quote(article, safe='')}", *PAGES_OF_THE_SITE):
        # When a page is opened that shows some of all
        page.get(f"{service.url}/console/{path}")
        if found := harm_done(page, service):
            harm[path] = found
    # Then nothing happened
    assert not harm, "\n".join(f"{path}: {found}" for path, found in harm.items())


def test_no_payload_does_anything_on_the_pages_of_retraining(
    service: Service, open_browser: OpenBrowser
) -> None:
    # Given one payload of each family, as many as those pages show at once
    payloads = [family[-1] for family in FAMILIES.values()]
    page = open_browser(PHONE)
    sign_in(page, new_person(service, "admin"))
    strangers(page, service)
    harm: dict[str, list[str]] = {}
    for first in range(0, len(payloads), OF_RETRAINING):
        some = payloads[first : first + OF_RETRAINING]
        ids = post_held(service, hostile_comments(some, f"hostile-{uuid4().hex[:8]}"))
        # When every page about retraining is opened
        with retraining_world(service, ids, some):
            for path in PATHS:
                page.get(service.url + path)
                if found := harm_done(page, service):
                    harm[path] = found
    # Then nothing happened
    assert not harm, "\n".join(f"{path}: {found}" for path, found in harm.items())


def test_no_answer_of_a_receiver_does_anything_on_the_pages_of_webhooks(
    service: Service, open_browser: OpenBrowser
) -> None:
    # Given receivers that answered with one payload of each family
    payloads = [family[-1][:RESPONSE_CHARACTERS] for family in FAMILIES.values()]
    page = open_browser(PHONE)
    sign_in(page, new_person(service, "admin"))
    strangers(page, service)
    harm: dict[str, list[str]] = {}
    with webhooks_world.webhooks_world(service, payloads):
        for path in webhooks_world.PATHS:
            # When the pages are opened, and all that is folded up in them
            page.get(service.url + path)
            open_details(page)
            if found := harm_done(page, service):
                harm[path] = found
    # Then nothing happened
    assert not harm, "\n".join(f"{path}: {found}" for path, found in harm.items())


@pytest.mark.parametrize("family", ["script", "break-out", "framework", "direction"])
def test_no_payload_does_anything_when_it_is_decided(
    service: Service, open_browser: OpenBrowser, family: str
) -> None:
    article = f"hostile-{uuid4().hex[:8]}"
    post_held(service, hostile_comments(FAMILIES[family], article))
    page = open_browser(PHONE)
    sign_in(page, new_person(service))
    open_queue(page, service, article)
    strangers(page, service)
    press(page, "j")
    for _ in range(4):
        press(page, "ha")
    wait_for(lambda: len(page.find_elements(By.CSS_SELECTOR, "article.strip")) >= 8)
    assert "\n".join(harm_done(page, service)) == ""
    assert cards(page)


def hostile_comments(payloads: Sequence[str], article: str) -> list[dict[str, Any]]:
    """A comment for each payload, which stands in all that a site may send, ids included."""
    return [
        {
            "id": f"{uuid4().hex[:12]} {one_line(payload)}",
            "text": payload[:TEXT_CHARACTERS],
            "author": {
                "id": f"{uuid4().hex[:12]} {one_line(payload)}",
                "name": payload[:NAME_CHARACTERS],
            },
            "article_id": article,
            "article": {
                "title": payload[:NAME_CHARACTERS],
                "url": f"https://site.example/{payload}"[:URL_CHARACTERS],
            },
        }
        for payload in payloads
    ]


def report(service: Service, ids: Sequence[str], payloads: Sequence[str]) -> None:
    """Readers report each comment in hostile words."""
    with service.client() as client:
        for comment_id, payload in zip(ids, payloads, strict=True):
            path = f"/v1/comments/{quote(comment_id, safe='')}/reports"
            body = {"reason": payload[:REPORT_CHARACTERS], "reporter_id": "reader"}
            client.post(path, json=body).raise_for_status()


def pages_showing(
    posted: Sequence[dict[str, Any]], ids: Sequence[str], article: str
) -> Iterator[str]:
    """The pages on which the comments are seen."""
    named = quote(article, safe="")
    # Together two pages of the queue show most families whole.
    for order in ("oldest", "newest") if len(ids) > PAGE_CARDS else ("oldest",):
        yield f"/console/queue?article={named}&sort={order}"
    yield f"/console/articles/{named}"
    # Each is on the lists above; a comment's own page is made of the same pieces.
    for comment_id in ids[::OWN_PAGE_OF_EVERY]:
        yield f"/console/comments/{quote(comment_id, safe='')}"
    author = quote(posted[0]["author"]["id"], safe="")
    yield f"/console/authors/{author}"
    yield f"/console/queue?author={author}&q={quote(posted[0]['text'][:100], safe='')}"


def harm_done(page: WebDriver, service: Service) -> list[str]:
    """What a hostile text did to the page, or to its reader."""
    if has_alert(page):
        return ["a dialogue of the browser"]
    harm: list[str] = page.execute_script(INSPECT)
    harm += [f"asked for {url}" for url in strangers(page, service)]
    harm += [
        entry["message"]
        for entry in page.get_log("browser")
        if LATE_MARKS not in entry["message"]
    ]
    return harm


def one_line(payload: str) -> str:
    """As much of a payload as an id may have."""
    return _CONTROL.sub(" ", payload)[:ID_CHARACTERS]
