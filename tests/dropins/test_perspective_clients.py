"""Google's own client library, unchanged, against a running service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from moderation import embedded
from moderation.labels import label_id
from moderation.record import Record
from moderation.settings import Settings
from tests.conftest import DEMO_SITE, Service

pytestmark = pytest.mark.service

KIND = "Thank you for this article, I have learnt a lot."
RUDE = "You are a stupid, pathetic idiot and nobody likes you."
ATTRIBUTES = [
    "TOXICITY",
    "SEVERE_TOXICITY",
    "IDENTITY_ATTACK",
    "INSULT",
    "PROFANITY",
    "THREAT",
    "SPAM",
    "OBSCENE",
    "TOXICITY_EXPERIMENTAL",
]
#: What is sent as it stands in Perspective's quickstart, names without quotes and all.
QUICKSTART = """{comment: {text: "what kind of idiot name is foo?"},
       languages: ["en"],
       requestedAttributes: {TOXICITY:{}} }"""


def built(service: Service, key: str) -> Any:
    """The client as Perspective's documentation makes it, with another address."""
    return build(
        "commentanalyzer",
        "v1alpha1",
        developerKey=key,
        discoveryServiceUrl=f"{service.url}/$discovery/rest?version=v1alpha1",
        static_discovery=False,
    )


@pytest.fixture
def comments(service: Service) -> Iterator[Any]:
    """`comments()` of a client with the site's key."""
    with built(service, service.api_key) as client:
        yield client.comments()


def asked(text: str, *attributes: str, **more: Any) -> dict[str, Any]:
    return {
        "comment": {"text": text},
        "requestedAttributes": {name: {} for name in attributes},
    } | more


def test_a_client_scores_comments_for_every_attribute_we_have(comments: Any):
    scores = {}
    for text in (KIND, RUDE):
        answer = comments.analyze(body=asked(text, *ATTRIBUTES)).execute()
        scores[text] = {
            name: one["summaryScore"]["value"]
            for name, one in answer["attributeScores"].items()
        }
        assert [*scores[text]] == ATTRIBUTES
        assert answer["detectedLanguages"] == ["en"]

    assert all(0 <= value <= 1 for one in scores.values() for value in one.values())
    assert scores[KIND]["TOXICITY"] < 0.2 < 0.8 < scores[RUDE]["TOXICITY"]
    assert scores[RUDE]["PROFANITY"] == scores[RUDE]["OBSCENE"]


def test_a_client_is_told_which_sentence_it_was(comments: Any):
    text = f"{KIND} {RUDE}"

    answer = comments.analyze(body=asked(text, "INSULT", spanAnnotations=True)).execute()

    mild, worse = answer["attributeScores"]["INSULT"]["spanScores"]
    assert text[mild["begin"] : mild["end"]] == KIND
    assert text[worse["begin"] : worse["end"]] == RUDE
    assert mild["score"]["value"] < worse["score"]["value"]


def test_a_client_suggests_scores(comments: Any, service: Service):
    body: dict[str, Any] = {
        "comment": {"text": "A client of Google's says that this is fine"},
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0}}},
        "communityId": "/forum/movies",
        "clientToken": "comment-53922",
    }

    answer = comments.suggestscore(body=body).execute()

    assert answer == {"clientToken": "comment-53922", "detectedLanguages": ["en"]}
    record = Record(Settings(redis_url=embedded.embedded_url(service.data_dir)))
    (label,) = record.labels.stored(DEMO_SITE, [label_id(body["comment"]["text"])])
    assert (dict(label.labels), label.who) == ({"toxicity": 0}, "perspective:/forum/movies")
    record.connection.close()
    record.rq_connection.close()


def test_a_client_understands_our_errors(comments: Any, service: Service):
    with pytest.raises(HttpError) as unknown:
        comments.analyze(body=asked("t", "FLIRTATION")).execute()
    assert unknown.value.status_code == 400
    assert unknown.value.reason == "Unknown requested attribute: FLIRTATION"
    assert unknown.value.error_details[0]["errorType"] == "INVALID_REQUEST"

    with built(service, "wrong") as client, pytest.raises(HttpError) as stranger:
        client.comments().analyze(body=asked("t", "TOXICITY")).execute()
    assert stranger.value.reason == "API key not valid. Please pass a valid API key."
    assert stranger.value.error_details[0]["reason"] == "API_KEY_INVALID"


def test_the_document_tells_no_other_version_and_the_address_it_was_asked_at(service: Service):
    with service.client() as client:
        found = client.get("/$discovery/rest").json()
        assert found["rootUrl"] == f"{service.url}/"
        other = client.get("/$discovery/rest", params={"version": "v2"})
        assert other.status_code == 404
        assert other.json()["error"]["status"] == "NOT_FOUND"


def test_perspectives_quickstart_works_with_another_address(service: Service):
    with service.client() as client:
        response = client.post(
            "/v1alpha1/comments:analyze",
            params={"key": service.api_key},
            headers={"Content-Type": "application/json"},
            content=QUICKSTART,
        )

    assert response.status_code == 200
    assert response.json()["languages"] == ["en"]
    assert response.json()["attributeScores"]["TOXICITY"]["summaryScore"]["value"] > 0.5
