"""Akismet's calls: one word for an answer, and whatever fails is never `false`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.api.schemas import BODY_BYTES, TEXT_CHARACTERS
from moderation.app import create_app
from moderation.desk.labels import Labels
from moderation.dropins.akismet import calls
from moderation.dropins.akismet.usage import this_month
from moderation.labels import Label, LabelOrigin
from moderation.record import Record
from moderation.record.daily import EPOCH
from moderation.settings import Settings
from tests.api.checks import set_policy
from tests.conftest import API_KEY, DEMO_SITE, close
from tests.fakes import RUDE, SPAM, UNSCORABLE, FakeRelease

BLOG = "https://blog.example.org"
KIND = "A thoughtful remark on the library"
VERIFY, CHECK = "/1.1/verify-key", "/1.1/comment-check"
SUBMIT_SPAM, SUBMIT_HAM = "/1.1/submit-spam", "/1.1/submit-ham"
FORM_CALLS = (VERIFY, CHECK, SUBMIT_SPAM, SUBMIT_HAM)

Call = Callable[..., TestResponse]


@pytest.fixture
def call(app: Flask) -> Call:
    """Makes a call; a field that is `None` is left out."""
    client = app.test_client()

    def send(path: str = CHECK, **fields: str | None) -> TestResponse:
        given = {
            "api_key": API_KEY,
            "blog": BLOG,
            "user_ip": "192.0.2.1",
            "comment_content": KIND,
        } | fields
        return client.post(
            path, data={name: value for name, value in given.items() if value is not None}
        )

    return send


def says(response: TestResponse, word: str) -> None:
    """Fails unless this is an answer that no client takes for a failure."""
    assert response.status_code == 200
    assert response.text == word
    assert response.mimetype == "text/plain"
    assert not {"X-akismet-debug-help", "X-akismet-alert-code"} & {*response.headers.keys()}


def fails(response: TestResponse, status: int, word: str) -> str:
    """The reason of a failure; fails unless every client takes it for one."""
    assert response.status_code == status, response.text
    assert response.text == word
    assert response.text not in {"true", "false", "valid"}
    assert response.headers["X-akismet-guid"]
    return response.headers["X-akismet-debug-help"]


def stored_labels(record: Record) -> list[Label]:
    """Every label that was sent in."""
    return [*Labels(record).every(DEMO_SITE)]


@pytest.mark.usefixtures("background_worker")
class TestChecking:
    def test_true_is_what_the_site_would_hold(self, call: Call):
        for content, word in ((KIND, "false"), (RUDE, "true"), (f"visit my {SPAM}", "true")):
            response = call(comment_content=content)
            says(response, word)
            assert "X-akismet-pro-tip" not in response.headers

    def test_the_sites_policy_decides(self, client: FlaskClient, call: Call):
        set_policy(client, banned_words=["teapot"], thresholds={"toxicity": 0.95})

        says(call(comment_content="a teapot"), "true")
        says(call(comment_content=RUDE), "false")

    def test_each_check_has_an_id_or_wordpress_would_not_obey_it(self, call: Call):
        ids = {call().headers["X-akismet-guid"] for _ in range(2)}

        assert len(ids) == 2

    def test_only_the_blatant_may_be_thrown_away(
        self, call: Call, release: FakeRelease, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(calls, "BLATANT_SPAM", 0.9)

        spam, rude = call(comment_content=SPAM), call(comment_content=RUDE)

        says(spam, "true")
        assert spam.headers["X-akismet-pro-tip"] == "discard"
        says(rude, "true")
        assert "X-akismet-pro-tip" not in rude.headers

    def test_what_the_site_lets_through_is_never_to_be_thrown_away(
        self, client: FlaskClient, call: Call, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(calls, "BLATANT_SPAM", 0.9)
        set_policy(client, thresholds={"spam": None})

        response = call(comment_content=SPAM)

        says(response, "false")
        assert "X-akismet-pro-tip" not in response.headers

    def test_the_test_values_are_always_spam(self, call: Call):
        says(call(comment_author="viagra-test-123"), "true")
        says(call(comment_author="akismet-guaranteed-spam"), "true")
        says(call(comment_author_email="akismet-guaranteed-spam@example.com"), "true")
        says(call(comment_author="viagra-test-123", user_role="administrator"), "true")

    def test_an_administrator_never_writes_spam(self, call: Call):
        says(call(comment_content=SPAM, user_role="administrator"), "false")
        says(call(comment_content=SPAM, user_role="editor,administrator"), "false")
        says(call(comment_content=SPAM, user_role="administrators"), "true")

    def test_the_author_does_not_count(self, call: Call):
        says(call(comment_author=RUDE, comment_author_url=f"https://{SPAM}.example"), "false")

    def test_words_that_tags_take_apart_are_seen(self, call: Call):
        apart = f"{RUDE[:4]}<b class='x'></b>{RUDE[4:]}"

        says(call(comment_content=apart), "true")
        says(call(comment_content=f"{RUDE[:4]}&#{ord(RUDE[4])};{RUDE[5:]}"), "true")

    def test_a_link_in_a_tag_counts(self, call: Call):
        says(call(comment_content=f"<a href='https://{SPAM}.example'>{KIND}</a>"), "true")

    def test_a_reference_of_thousands_of_digits_is_judged_with_the_rest(self, call: Call):
        says(call(comment_content=f"{RUDE} &#{'1' * 5_000};"), "true")

    def test_html_with_scripts_is_text_and_comes_back_nowhere(self, call: Call):
        response = call(comment_content=f"<script>alert('{RUDE}')</script>")

        says(response, "true")
        assert "script" not in str(response.headers)

    def test_a_text_longer_than_the_service_takes_is_judged_to_its_end(self, call: Call):
        says(call(comment_content="fine " * TEXT_CHARACTERS + RUDE), "true")
        says(call(comment_content="fine " * TEXT_CHARACTERS), "false")

    def test_wordpress_sends_much_besides(self, app: Flask):
        fields = {
            "comment_post_ID": "1",
            "comment_content": f"visit my {SPAM}",
            "comment_parent": "0",
            "user_ip": "192.0.2.1",
            "blog": BLOG,
            "blog_charset": "UTF-8",
            "akismet_comment_nonce": "inactive",
            "POST_comment": RUDE,
            "HTTP_ACCEPT_LANGUAGE": "en",
            "comment_context[0]": "gardens",
            "api_key": API_KEY,
        }

        response = app.test_client().post(
            CHECK,
            data=urlencode(fields),
            content_type="application/x-www-form-urlencoded; charset=UTF-8",
            headers={"Host": "rest.akismet.com"},
        )

        says(response, "true")

    def test_a_charset_of_the_blogs_own(self, app: Flask, client: FlaskClient):
        written = urlencode(
            {"api_key": API_KEY, "blog": BLOG, "user_ip": "192.0.2.1", "blog_charset": "KOI8-R"}
        )
        body = f"{written}&comment_content=".encode() + "чайник".encode("koi8-r")
        set_policy(client, banned_words=["чайник"])

        response = app.test_client().post(
            CHECK, data=body, content_type="application/x-www-form-urlencoded"
        )

        says(response, "true")

    def test_nothing_of_a_checked_comment_is_stored(self, call: Call, record: Record):
        says(call(), "false")

        assert not stored_labels(record)
        assert not [*record.connection.scan_iter("*comment:*")]


class TestKeys:
    @pytest.mark.parametrize("name", ["api_key", "key"])
    def test_the_key_is_a_field(self, call: Call, name: str):
        says(call(VERIFY, **({"api_key": None} | {name: API_KEY})), "valid")

    def test_the_key_is_the_first_label_of_the_host(self, app: Flask, record: Record):
        key = record.sites.issue_key(DEMO_SITE)
        for host in (f"{key}.rest.example.org", f"{key}.localhost:8000"):
            response = app.test_client().post(
                VERIFY, data={"blog": BLOG}, headers={"Host": host}
            )
            says(response, "valid")

    def test_the_key_to_verify_goes_before_the_one_in_use(self, call: Call):
        says(call(VERIFY, api_key="old", key=API_KEY), "valid")
        fails(call(VERIFY, api_key=API_KEY, key="new"), 200, "invalid")

    def test_no_call_is_answered_without_a_good_key(self, call: Call):
        for path in (*FORM_CALLS, "/1.2/usage-limit", "/1.2/key-sites"):
            for key in (None, "", "wrong", API_KEY.upper(), "a b", "\0", "é"):
                assert "API key" in fails(call(path, api_key=key), 200, "invalid")

    def test_a_key_sees_only_its_own_site(self, call: Call, other_site: str):
        call(SUBMIT_SPAM, api_key=other_site)

        assert call("/1.2/key-sites").get_json()["total"] == 0

    def test_too_many_requests(self, settings: Settings, record: Record):
        app = create_app(replace(settings, rate_limit=1, rate_window_s=30))
        fields = {"api_key": API_KEY, "blog": BLOG}
        says(app.test_client().post(VERIFY, data=fields), "valid")

        response = app.test_client().post(VERIFY, data=fields)

        close(app)
        fails(response, 429, "too many requests")
        assert 0 < int(response.headers["Retry-After"]) <= 30


class TestSubmitting:
    @pytest.mark.parametrize(
        ("path", "labels"),
        [(SUBMIT_SPAM, {"label": 1, "spam": 1}), (SUBMIT_HAM, {"label": 0, "spam": 0})],
    )
    def test_a_moderators_verdict_becomes_a_label(
        self, call: Call, record: Record, path: str, labels: dict[str, int]
    ):
        says(call(path), "Thanks for making the web a better place.")

        (label,) = stored_labels(record)
        assert label.text == KIND
        assert label.labels == labels
        assert (label.origin, label.who) == (LabelOrigin.SUGGESTION, "akismet")

    def test_the_last_verdict_stands(self, call: Call, record: Record):
        call(SUBMIT_SPAM)
        call(SUBMIT_HAM)

        (label,) = stored_labels(record)
        assert label.labels == {"label": 0, "spam": 0}

    def test_wordpress_need_not_know_the_address_any_more(self, call: Call, record: Record):
        says(call(SUBMIT_SPAM, user_ip=None), calls.THANKS)

        assert stored_labels(record)

    @pytest.mark.parametrize("value", ["1", "true"])
    def test_a_test_teaches_nothing(self, call: Call, record: Record, value: str):
        says(call(SUBMIT_SPAM, is_test=value), calls.THANKS)

        assert not stored_labels(record)
        assert call("/1.2/key-sites").get_json()["total"] == 0

    def test_without_a_text_there_is_nothing_to_learn(self, call: Call):
        fails(
            call(SUBMIT_SPAM, comment_content=" "),
            200,
            "Missing required field: comment_content.",
        )

    def test_a_text_that_is_too_long(self, call: Call):
        fails(call(SUBMIT_SPAM, comment_content="x" * (TEXT_CHARACTERS + 1)), 413, "too long")


class TestUsage:
    @pytest.mark.usefixtures("background_worker")
    def test_what_was_called_this_month(self, call: Call):
        for content in (KIND, KIND, RUDE):
            call(comment_content=content)
        call(SUBMIT_SPAM)
        call(SUBMIT_HAM)
        call(SUBMIT_HAM)
        call(is_test="1")

        assert call("/1.2/usage-limit").get_json() == {
            "limit": "none",
            "usage": 3,
            "percentage": "0.00",
            "throttled": False,
        }
        month = f"{this_month():%Y-%m}"
        assert call("/1.2/key-sites").get_json() == {
            month: [
                {
                    "site": DEMO_SITE,
                    "api_calls": "3",
                    "spam": "1",
                    "ham": "2",
                    "missed_spam": "1",
                    "false_positives": "2",
                    "is_revoked": False,
                }
            ],
            "limit": 500,
            "offset": 0,
            "total": 1,
        }

    def test_a_month_before(self, call: Call, record: Record):
        last_month = this_month() - timedelta(days=1)
        for day, calls_made in ((last_month, 2), (last_month.replace(day=1), 3)):
            key = record.daily._keys("daily", DEMO_SITE, str((day - EPOCH).days))
            record.connection.hset(key, mapping={"akismet|spam": calls_made})

        month = f"{last_month:%Y-%m}"
        (line,) = call("/1.2/key-sites", month=month).get_json()[month]
        assert (line["spam"], line["ham"]) == ("5", "0")
        assert call("/1.2/usage-limit").get_json()["usage"] == 0

    def test_a_month_that_nobody_counted(self, call: Call):
        call(SUBMIT_HAM)

        for month in ("1970-01", "2999-12"):
            assert call("/1.2/key-sites", month=month).get_json()[month] == []

    def test_as_csv(self, call: Call):
        call(SUBMIT_HAM)

        response = call("/1.2/key-sites", format="csv", month=None)

        month = f"{this_month():%Y-%m}"
        assert response.mimetype == "text/csv"
        assert API_KEY not in response.text
        assert response.text.splitlines() == [
            f"Active sites for demo during {month} (limit:500, offset: 0, total: 1)",
            "Site,Total API Calls,Spam,Ham,Missed Spam,False Positives,Is Revoked",
            "demo,0,0,0,0,1,false",
        ]

    def test_a_part_of_it(self, call: Call):
        call(SUBMIT_HAM)
        for asked, total, shown in (
            ({"filter": "dem"}, 1, 1),
            ({"filter": "elsewhere"}, 0, 0),
            ({"offset": "1"}, 1, 0),
            ({"limit": "0"}, 1, 0),
            ({"limit": "5", "offset": "0", "order": "spam"}, 1, 1),
        ):
            page = call("/1.2/key-sites", **asked).get_json()
            assert page["total"] == total
            assert len(page[f"{this_month():%Y-%m}"]) == shown

    def test_a_part_that_cannot_be(self, call: Call):
        for name, value in (("month", "soon"), ("month", "2026-13"), ("limit", "-1")):
            assert name in fails(call("/1.2/key-sites", **{name: value}), 200, "invalid")

    def test_by_get_too(self, client: FlaskClient):
        for path in ("/1.2/usage-limit", "/1.2/key-sites"):
            assert client.get(f"{path}?api_key={API_KEY}").is_json


class TestFailures:
    def test_no_blog(self, call: Call):
        for path in FORM_CALLS:
            assert fails(call(path, blog=""), 200, "invalid") == 'Empty "blog" value'

    def test_a_field_that_is_missing(self, call: Call):
        for name in ("user_ip", "comment_content"):
            reason = fails(call(**{name: None}), 200, f"Missing required field: {name}.")
            assert reason == f'Empty "{name}" value'

    def test_no_form(self, app: Flask):
        client = app.test_client()
        for body, content_type in (
            (b"", None),
            (b'{"api_key": "test-key"}', "application/json"),
            (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
            (b"api_key%ZZ", "text/plain"),
        ):
            response = client.post(CHECK, data=body, content_type=content_type)
            assert "form-encoded" in fails(response, 200, "invalid")

    def test_a_form_with_more_fields_than_any_client_sends(self, app: Flask):
        fails(app.test_client().post(CHECK, data=b"a=b&" * 2_000), 400, "invalid")

    def test_a_body_that_is_too_large(self, app: Flask):
        response = app.test_client().post(CHECK, data=b"x" * (BODY_BYTES + 1))

        fails(response, 413, "request entity too large")

    def test_a_call_that_we_do_not_have(self, client: FlaskClient):
        for method, path in (
            ("GET", CHECK),
            ("DELETE", CHECK),
            ("POST", "/1.1/get-stats"),
            ("GET", "/1.2/x/y"),
        ):
            fails(client.open(path, method=method), 404, "not found")

    def test_no_worker_answers_in_time(self, call: Call, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(calls, "ANSWER_S", 0.05)

        response = call()

        fails(response, 503, "unavailable")
        assert response.headers["Retry-After"]

    @pytest.mark.usefixtures("background_worker")
    def test_what_could_not_be_scored_is_not_fine(self, call: Call):
        fails(call(comment_content=UNSCORABLE), 503, "unavailable")

    def test_redis_is_away(self):
        away = create_app(Settings(redis_url="redis://127.0.0.1:1/0"))

        response = away.test_client().post(CHECK, data={"api_key": API_KEY})

        close(away)
        fails(response, 503, "unavailable")

    def test_an_error_nobody_thought_of(
        self, call: Call, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ):
        def fail(*_: object, **__: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(calls, "score", fail)

        fails(call(comment_content="secret words"), 500, "error")
        assert "ZeroDivisionError" in caplog.text
        assert "secret words" not in caplog.text
