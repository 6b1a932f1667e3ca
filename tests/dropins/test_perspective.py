"""`comments:analyze` as Perspective API answers it: scores, spans, languages, thresholds."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from moderation.record import Record
from tests.api.checks import post
from tests.conftest import API_KEY, AUTH, DEMO_SITE
from tests.dropins.perspective import ANALYZE, analyze, ask, asked, error, refused
from tests.fakes import FRENCH, RUDE, SPAM

#: A character that is four bytes of UTF-8 and two code units of UTF-16.
WIDE = "😀"
LIMIT_BYTES = 20_480

pytestmark = pytest.mark.usefixtures("background_worker")


def values(answer: dict[str, Any]) -> dict[str, float]:
    """Attribute → its summary score."""
    scores = answer["attributeScores"].items()
    return {name: one["summaryScore"]["value"] for name, one in scores}


def test_a_comment_is_scored_for_what_was_requested(client: FlaskClient):
    answer = analyze(client, f"you {RUDE}", "TOXICITY", "SPAM")

    assert answer["attributeScores"]["TOXICITY"] == {
        "summaryScore": {"value": 0.9, "type": "PROBABILITY"},
        "spanScores": [
            {
                "begin": 0,
                "end": len(f"you {RUDE}"),
                "score": {"value": 0.9, "type": "PROBABILITY"},
            }
        ],
    }
    assert values(answer) == {"TOXICITY": 0.9, "SPAM": 0.1}


def test_versions_and_experiments_are_answered_under_the_name_that_was_asked(
    client: FlaskClient,
):
    names = ["TOXICITY", "TOXICITY_EXPERIMENTAL", "TOXICITY@6", "TOXICITY_EXPERIMENTAL@2"]

    assert values(analyze(client, RUDE, *names)) == dict.fromkeys(names, 0.9)


def test_an_attribute_that_the_release_lacks_is_perspectives_own_error(client: FlaskClient):
    for name in (
        "THREAT",
        "FLIRTATION",
        "toxicity",
        "TOXICITY@",
        "@6",
        "",
        "N\ud800",
        "A" * 999,
    ):
        response = ask(client, ANALYZE, asked("text", "TOXICITY", name))

        message = refused(response, "INVALID_REQUEST")
        assert message == f"Unknown requested attribute: {name}"


def test_an_attribute_that_the_release_lacks_is_left_out_if_the_client_says_so(
    client: FlaskClient,
):
    answer = analyze(client, RUDE, "SPAM", "THREAT", dropUnsupportedAttributes=True)

    assert values(answer) == {"SPAM": 0.1}


def test_sentences_are_scored_one_by_one(client: FlaskClient):
    text = f"{WIDE} Fine. You {RUDE}! Buy."

    answer = analyze(client, text, "TOXICITY", spanAnnotations=True)

    spans = answer["attributeScores"]["TOXICITY"]["spanScores"]
    units = text.encode("utf-16-le")
    told = [
        (units[2 * one["begin"] : 2 * one["end"]].decode("utf-16-le"), one["score"]["value"])
        for one in spans
    ]
    assert told == [(f"{WIDE} Fine.", 0.1), (f"You {RUDE}!", 0.9), ("Buy.", 0.1)]
    assert values(answer) == {"TOXICITY": 0.9}


def test_scores_below_a_threshold_are_left_out(client: FlaskClient):
    wanted = {"TOXICITY": {"scoreThreshold": 0.5}, "SPAM": {"scoreThreshold": 0.5}}
    body = asked(f"Fine. {RUDE}.", spanAnnotations=True) | {"requestedAttributes": wanted}

    scores = ask(client, ANALYZE, body).json["attributeScores"]

    assert scores["SPAM"] == {}
    assert scores["TOXICITY"]["summaryScore"]["value"] == 0.9
    assert [one["begin"] for one in scores["TOXICITY"]["spanScores"]] == [6]


def test_a_score_at_its_threshold_is_told(client: FlaskClient):
    body = asked("t") | {"requestedAttributes": {"TOXICITY": {"scoreThreshold": 0.1}}}

    assert values(ask(client, ANALYZE, body).json) == {"TOXICITY": 0.1}


def test_only_probabilities_are_to_be_had(client: FlaskClient):
    for kind in ("PROBABILITY", "SCORE_TYPE_UNSPECIFIED"):
        body = asked("t") | {"requestedAttributes": {"TOXICITY": {"scoreType": kind}}}
        assert ask(client, ANALYZE, body).status_code == 200

    body = asked("t") | {"requestedAttributes": {"TOXICITY": {"scoreType": "RAW"}}}
    message = refused(ask(client, ANALYZE, body), "INVALID_REQUEST")
    assert message == "Requested score type RAW is not supported by attribute TOXICITY"


@pytest.mark.parametrize(
    ("text", "requested", "languages", "detected"),
    [
        ("hello", None, ["en"], ["en"]),
        (FRENCH, ["en", "xx-Klingon"], ["en", "xx-Klingon"], ["fr"]),
        ("1234", None, ["und"], ["und"]),
    ],
)
def test_a_language_that_the_release_knows_is_answered_and_told(
    client: FlaskClient,
    text: str,
    requested: list[str] | None,
    languages: list[str],
    detected: list[str],
):
    answer = analyze(client, text, **({"languages": requested} if requested else {}))

    assert (answer["languages"], answer["detectedLanguages"]) == (languages, detected)


@pytest.mark.parametrize(
    ("text", "requested", "language"),
    [(FRENCH, None, "fr"), (FRENCH, [], "fr"), ("hello", ["fr", "en"], "fr")],
)
def test_what_the_release_does_not_understand_is_no_low_score(
    client: FlaskClient, text: str, requested: list[str] | None, language: str
):
    """It is Perspective's error: a low score would say "fine"."""
    named = {} if requested is None else {"languages": requested}
    found = error(ask(client, ANALYZE, asked(text, "INSULT", **named)), 400, "INVALID_ARGUMENT")

    assert (
        found["message"] == f"Attribute INSULT does not support request languages: {language}"
    )
    assert found["details"][0]["languageNotSupportedByAttributeError"] == {
        "detectedLanguages": [language],
        "attribute": "INSULT",
    }


def test_a_token_comes_back_and_what_has_no_effect_is_taken(client: FlaskClient):
    answer = analyze(
        client,
        "t",
        clientToken="comment:53922",
        sessionId="64",
        communityId="/forum/movies",
        doNotStore=True,
        context={"entries": [{"text": "x", "type": "PLAIN_TEXT"}]},
    )

    assert answer["clientToken"] == "comment:53922"
    assert "clientToken" not in analyze(client, "t")
    article = {"articleAndParentComment": {"article": {"text": "a" * 1_048_576}}}
    assert values(analyze(client, "t", context=article))


def test_nothing_that_is_analysed_is_stored(client: FlaskClient, record: Record):
    text = "an unmistakable sentence"

    analyze(client, text, doNotStore=False, spanAnnotations=True)

    keys = record.connection.keys()
    assert not [key for key in keys if text in str(record.connection.dump(key))]
    assert not [*record.labels.stored_ids(DEMO_SITE)]


def html(text: str) -> dict[str, Any]:
    return {"comment": {"text": text, "type": "HTML"}}


def test_html_is_scored_without_markup_and_code(client: FlaskClient):
    def toxicity(text: str) -> float:
        return values(ask(client, ANALYZE, asked("") | html(text)).json)["TOXICITY"]

    assert toxicity("<p>you block<b>head</b></p>") == 0.9
    assert toxicity("you &#98;lockhead") == 0.9
    assert toxicity(f"<script>let x = '{RUDE}'</script><p title='{RUDE}'>Fine</p>") == 0.1
    assert values(analyze(client, "you block<b>head</b>")) == {"TOXICITY": 0.1}


def test_spans_of_html_are_places_in_what_was_posted(client: FlaskClient):
    text = "<p>Fine.</p><p>you block<b>head</b></p>"

    body = asked("", spanAnnotations=True) | html(text)
    spans = ask(client, ANALYZE, body).json["attributeScores"]["TOXICITY"]["spanScores"]

    cut = [(text[one["begin"] : one["end"]], one["score"]["value"]) for one in spans]
    assert cut == [("Fine.", 0.1), ("you block<b>head", 0.9)]


@pytest.mark.parametrize("char", ["x", "é", "€", WIDE])
def test_twenty_kibibytes_are_scored_to_the_last_and_one_byte_more_is_too_long(
    client: FlaskClient, char: str
):
    size = len(char.encode())
    room = LIMIT_BYTES - len(RUDE)
    text = char * (room // size) + "x" * (room % size) + RUDE

    assert len(text.encode()) == LIMIT_BYTES
    assert values(analyze(client, text)) == {"TOXICITY": 0.9}
    response = ask(client, ANALYZE, asked(text + "x"))
    message = refused(response, "COMMENT_TOO_LONG")
    assert f"Value ({LIMIT_BYTES + 1}) exceeded limit ({LIMIT_BYTES})" in message


def test_what_stands_first_in_the_longest_text_counts_as_well(client: FlaskClient):
    text = RUDE + "x" * (LIMIT_BYTES - len(RUDE))

    assert values(analyze(client, text, "TOXICITY", "SPAM")) == {"TOXICITY": 0.9, "SPAM": 0.1}


def test_a_comment_without_text_is_perspectives_own_error(client: FlaskClient):
    for comment in (
        None,
        {},
        {"text": ""},
        {"text": " \n\t"},
        {"text": "\0"},
        {"text": "<img src=x>", "type": "HTML"},
        {"text": "<script>x()</script>", "type": "HTML"},
    ):
        response = ask(client, ANALYZE, asked("") | {"comment": comment})

        assert refused(response, "COMMENT_EMPTY") == "Comment must be non-empty."


def test_a_nul_hides_nothing_and_moves_nothing(client: FlaskClient):
    answer = analyze(client, "Fine. block\0head. \0.", spanAnnotations=True)

    spans = answer["attributeScores"]["TOXICITY"]["spanScores"]
    told = [(one["begin"], one["end"], one["score"]["value"]) for one in spans]
    assert told == [(0, 5, 0.1), (6, 17, 0.9), (19, 20, 0.1)]


def test_no_attribute_is_perspectives_own_error(client: FlaskClient):
    for wanted in (None, {}):
        response = ask(client, ANALYZE, asked("t") | {"requestedAttributes": wanted})

        assert refused(response, "NO_REQUESTED_ATTRIBUTES") == "Missing requested_attributes"


def test_a_context_is_one_of_both(client: FlaskClient):
    context = {"entries": [{"text": "a"}], "articleAndParentComment": {"article": {}}}

    message = refused(ask(client, ANALYZE, asked("t", context=context)), "INVALID_REQUEST")

    assert message.startswith("Context can have either entries or article_and_parent_comment")


def test_a_key_comes_in_any_of_three_ways(client: FlaskClient):
    bare = client.application.test_client()
    for headers, query in (
        ({}, {"key": API_KEY}),
        ({"X-Goog-Api-Key": API_KEY}, {}),
        (AUTH, {}),
    ):
        response = bare.post(ANALYZE, json=asked("t"), headers=headers, query_string=query)
        assert response.status_code == 200, response.text


def test_a_site_is_asked_about_by_its_own_rules_and_nobody_elses(
    client: FlaskClient, other_site: str
):
    assert ask(client, ANALYZE, asked("t"), key=other_site).status_code == 200
    assert post(client, id="c1")  # the site `demo` goes on as ever


def test_query_parameters_of_googles_clients_are_taken(client: FlaskClient):
    query = {"key": API_KEY, "alt": "json", "prettyPrint": "false", "callback": "f"}

    response = client.post(ANALYZE, query_string=query, json=asked(f"my {SPAM}", "SPAM"))

    assert response.mimetype == "application/json"
    assert values(response.json) == {"SPAM": 0.9}


def test_browsers_of_other_sites_are_not_let_in(client: FlaskClient):
    headers = {"Origin": "https://news.example", "Access-Control-Request-Method": "POST"}

    for response in (
        client.options(ANALYZE, headers=headers),
        client.post(ANALYZE, json=asked("t"), headers=headers),
    ):
        assert not [name for name in response.headers if "Access-Control" in name]


def test_a_body_that_is_no_message_is_an_error_of_googles_front_end(client: FlaskClient):
    response = ask(client, ANALYZE, asked("t") | {"foo": "<b>"})

    found = error(response, 400, "INVALID_ARGUMENT")
    assert 'Unknown name "foo"' in found["message"]
