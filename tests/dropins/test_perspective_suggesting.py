"""`comments:suggestscore`: what a site's moderators think becomes a label."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from moderation.dropins.perspective import endpoints
from moderation.labels import Label, LabelOrigin, label_id
from moderation.record import Record
from tests.conftest import DEMO_SITE
from tests.dropins.perspective import SUGGEST, ask, error, refused, suggested
from tests.fakes import FRENCH

TEXT = "a cup of tea"


def suggest(client: FlaskClient, scores: dict[str, float], **more: Any) -> dict[str, Any]:
    """The answer to a suggestion that is in order."""
    body = suggested(TEXT, scores) | {"languages": ["en"]} | more
    response = ask(client, SUGGEST, body)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json
    return found


def label(record: Record, text: str = TEXT) -> Label | None:
    """What is stored of a text."""
    found = record.labels.stored(DEMO_SITE, [label_id(text)])
    return found[0] if found else None


def taught(record: Record) -> dict[str, int]:
    """What is stored of the text, as values."""
    found = label(record)
    return dict(found.labels) if found else {}


@pytest.mark.parametrize(("value", "said"), [(0, 0), (0.49, 0), (0.5, 1), (1, 1)])
def test_a_suggested_score_is_a_label_of_its_site(
    client: FlaskClient, record: Record, value: float, said: int
):
    suggest(client, {"TOXICITY": value, "PROFANITY": value})

    found = label(record)
    assert found is not None
    assert dict(found.labels) == {"toxicity": said, "obscene": said}
    assert (found.text, found.origin) == (TEXT, LabelOrigin.SUGGESTION)
    assert found.who == "perspective"


def test_every_attribute_teaches_its_category(client: FlaskClient, record: Record):
    for attribute, category in (
        ("TOXICITY_EXPERIMENTAL", "toxicity"),
        ("SEVERE_TOXICITY", "severe_toxicity"),
        ("IDENTITY_ATTACK@2", "identity_attack"),
        ("INSULT", "insult"),
        ("THREAT", "threat"),
        ("OBSCENE", "obscene"),
        ("SPAM", "spam"),
    ):
        suggest(client, {attribute: 1})

        assert taught(record) == {category: 1}


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("APPROVED", {"label": 0, "spam": 0}),
        ("HIGHLIGHTED", {"label": 0, "spam": 0}),
        ("DELETED", {"label": 1}),
    ],
)
def test_what_coral_sends_for_a_decision_teaches_as_a_decision_does(
    client: FlaskClient, record: Record, verdict: str, said: dict[str, int]
):
    answer = suggest(
        client,
        {verdict: 1},
        context={"entries": [{"text": '{"url": "https://news.example/1"}'}]},
        languages=["EN"],
        communityId="Coral:https://coral.example",
        clientToken="comment:7f1c",
    )

    assert answer == {"requestedLanguages": ["EN"], "clientToken": "comment:7f1c"}
    assert taught(record) == said
    found = label(record)
    assert found is not None
    assert found.who == "perspective:Coral:https://coral.example"


def test_a_moderator_may_think_again(client: FlaskClient, record: Record):
    suggest(client, {"DELETED": 1})
    suggest(client, {"APPROVED": 1})

    assert taught(record) == {"label": 0, "spam": 0}


def test_what_two_names_of_one_category_disagree_about_applies(
    client: FlaskClient, record: Record
):
    suggest(client, {"OBSCENE": 1, "PROFANITY": 0})

    assert taught(record) == {"obscene": 1}


def test_a_span_says_what_is_in_a_text_and_not_what_is_nowhere(
    client: FlaskClient, record: Record
):
    def spans(*values: float) -> dict[str, Any]:
        scores = [{"begin": 0, "end": 5, "score": {"value": value}} for value in values]
        return {"attributeScores": {"INSULT": {"spanScores": scores}}}

    suggest(client, {}, **spans(0, 0.2))
    assert taught(record) == {}
    suggest(client, {}, **spans(0, 0.7))
    assert taught(record) == {"insult": 1}


def test_a_verdict_with_no_score_says_nothing(client: FlaskClient, record: Record):
    suggest(client, {"APPROVED": 0})

    assert taught(record) == {}


def test_the_name_of_a_community_is_cut_and_cleaned(client: FlaskClient, record: Record):
    suggest(client, {"SPAM": 1}, communityId="a\n\x1b[31m\u202eb\0" + "c" * 500)

    found = label(record)
    assert found is not None
    assert found.who == "perspective:a[31mb" + "c" * (endpoints.COMMUNITY_CHARACTERS - 6)


def test_of_html_the_text_is_the_label(client: FlaskClient, record: Record):
    suggest(client, {"SPAM": 1}, comment={"text": f"<p>{TEXT}</p>", "type": "HTML"})

    found = label(record)
    assert found is not None
    assert found.text == TEXT


@pytest.mark.usefixtures("background_worker")
def test_a_language_is_detected_if_none_is_given(client: FlaskClient, record: Record):
    body = suggested(FRENCH, {"SPAM": 0}, clientToken="t")

    assert ask(client, SUGGEST, body).json == {"detectedLanguages": ["fr"], "clientToken": "t"}


def test_a_label_needs_no_worker(
    client: FlaskClient, record: Record, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(endpoints, "ANSWER_S", 0.05)

    assert suggest(client, {"SPAM": 1}, languages=[]) == {}
    assert taught(record) == {"spam": 1}


def test_a_site_teaches_itself_alone(client: FlaskClient, record: Record, other_site: str):
    body = suggested(TEXT, {"SPAM": 1}, languages=["en"])

    assert ask(client, SUGGEST, body, key=other_site).status_code == 200
    assert label(record) is None
    assert record.labels.stored("other", [label_id(TEXT)])


def test_an_attribute_that_we_lack_is_refused_and_nothing_is_stored(
    client: FlaskClient, record: Record
):
    for attribute in ("SEXUALLY_EXPLICIT", "approved", "LABEL", "", "NO\ud800"):
        body = suggested(TEXT, {"SPAM": 1, attribute: 1})

        refused(ask(client, SUGGEST, body), "INVALID_REQUEST")

    assert label(record) is None


def test_no_scores_are_refused(client: FlaskClient):
    for scores in (None, {}, {"SPAM": {}}, {"SPAM": None}):
        body = suggested(TEXT, {}) | {"attributeScores": scores}

        refused(ask(client, SUGGEST, body), "INVALID_REQUEST")


def test_a_score_that_is_no_number_is_refused(client: FlaskClient, record: Record):
    for value in ("high", True, [1], {"x": 1}):
        response = ask(client, SUGGEST, suggested(TEXT, {"SPAM": value}))

        error(response, 400, "INVALID_ARGUMENT")

    assert label(record) is None


def test_an_empty_or_too_long_comment_is_refused(client: FlaskClient):
    assert refused(ask(client, SUGGEST, suggested(" ", {"SPAM": 1})), "COMMENT_EMPTY")
    for text in ("x" * 20_481, "x" * 20_001):
        refused(ask(client, SUGGEST, suggested(text, {"SPAM": 1})), "COMMENT_TOO_LONG")
