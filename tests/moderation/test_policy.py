"""Scores + rules → decision. Nothing here needs Redis."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.text import normalise
from moderation.domain import Action, Facts, ReasonCode, Source
from moderation.policy import (
    Policy,
    Rulebook,
    Subject,
    Verdict,
    decide,
    effective_thresholds,
    reports_hold,
    text_fingerprint,
    unscored,
)
from moderation.wordlists import WordList

RELEASE = {"toxicity": 0.7, "spam": 0.8}
LANGUAGES = ("en", "de")


def rulebook(**rules: Any) -> Rulebook:
    policy = Policy.from_json(rules)
    return Rulebook(
        policy,
        effective_thresholds(policy, RELEASE),
        WordList(policy.banned_words, normalise),
        WordList(policy.suspect_words, normalise),
        LANGUAGES,
    )


def subject(text: str = "a kind word", **facts: int) -> Subject:
    return Subject(
        text, normalise(text), {"toxicity": 0.1, "spam": 0.1}, "a1", "anna", Facts(**facts)
    )


def codes(verdict: Verdict) -> list[str]:
    return [reason.code.value for reason in verdict.reasons]


#: rule → (switched on, what it holds, what it just does not hold, its reason)
RULES: list[tuple[dict[str, Any], Subject, Subject, str]] = [
    (
        {"banned_words": ["plonker"]},
        subject("you Plonker!"),
        subject("plonkers"),
        "banned_word",
    ),
    ({"link_limit": 1}, subject("http://a.b http://c.d"), subject("see http://a.b"), "links"),
    (
        {"hold_first_time_authors": True},
        subject(approved_before=0),
        subject(approved_before=1),
        "first_time_author",
    ),
    (
        {"flood": {"comments": 3, "window_s": 60}},
        subject(recent_by_author=4),
        subject(recent_by_author=3),
        "flood",
    ),
    (
        {"duplicates": {"by_author": 2, "by_anyone": 9}},
        subject(copies_before=2, copies_by_author_before=2),
        subject(copies_before=8, copies_by_author_before=1),
        "duplicate",
    ),
    (
        {"duplicates": {"by_author": 9, "by_anyone": 3}},
        subject(copies_before=3),
        subject(copies_before=2),
        "duplicate",
    ),
    ({"held_articles": ["a1"]}, subject(), replace(subject(), article_id="a"), "held_article"),
    ({"held_authors": ["anna"]}, subject(), replace(subject(), author_id="an"), "held_author"),
    (
        {"suspect_words": ["crypto"], "hold_suspect_words": True},
        subject("buy crypto"),
        subject("cryptography"),
        "suspect_word",
    ),
]
FRENCH = replace(subject(), language="fr")


@pytest.mark.parametrize(("rules", "held", "fine", "code"), RULES)
def test_a_rule_holds_what_it_names_and_no_more(
    rules: dict[str, Any], held: Subject, fine: Subject, code: str
):
    quiet = {"flood": None, "duplicates": None}
    verdict = decide(held, rulebook(**{**quiet, **rules}))

    assert verdict.action is Action.HOLD
    assert verdict.source is Source.POLICY
    assert codes(verdict) == [code]
    assert decide(fine, rulebook(**{**quiet, **rules})).action is Action.APPROVE
    assert decide(held, rulebook(**quiet)).action is Action.APPROVE


@pytest.mark.parametrize(
    ("given_subject", "held"),
    [
        (subject(), False),
        (subject("http://a.b " * 50, approved_before=0), False),
        (subject(recent_by_author=10), False),
        (subject(recent_by_author=11), True),
        (subject(copies_before=1, copies_by_author_before=1), True),
        (subject(copies_before=2), False),
        (subject(copies_before=3), True),
        (replace(subject(), scores={"toxicity": 0.7}), True),
        (replace(subject(), scores={"toxicity": 0.6999}), False),
        (FRENCH, True),
    ],
)
def test_by_default_only_scores_languages_banned_words_floods_and_duplicates_hold(
    given_subject: Subject, held: bool
):
    assert (decide(given_subject, rulebook()).action is Action.HOLD) is held
    assert not reports_hold(Policy(), 1_000_000)


def test_a_score_at_the_threshold_holds_and_says_on_what():
    scored = replace(subject(), scores={"toxicity": 0.7, "spam": 0.95})

    verdict = decide(scored, rulebook())

    assert verdict.source is Source.CLASSIFIER
    assert [reason.to_json() for reason in verdict.reasons] == [
        {"code": "score", "category": "spam", "score": 0.95, "threshold": 0.8},
        {"code": "score", "category": "toxicity", "score": 0.7, "threshold": 0.7},
    ]


def test_the_sites_threshold_goes_before_the_releases_and_null_never_holds():
    rules = rulebook(thresholds={"toxicity": 0.95, "spam": None})

    assert rules.thresholds == {"toxicity": 0.95}
    high = replace(subject(), scores={"toxicity": 0.9, "spam": 1.0})
    assert decide(high, rules).action is Action.APPROVE


def test_a_suspect_word_is_only_marked_unless_it_is_to_hold():
    verdict = decide(subject("buy crypto"), rulebook(suspect_words=["crypto"]))

    assert verdict.action is Action.APPROVE
    assert codes(verdict) == ["suspect_word"]


def test_a_language_that_the_release_does_not_know_holds_and_is_named():
    verdict = decide(FRENCH, rulebook())

    assert (verdict.action, verdict.source) == (Action.HOLD, Source.POLICY)
    assert [reason.to_json() for reason in verdict.reasons] == [
        {"code": "unsupported_language", "detail": "fr"}
    ]


@pytest.mark.parametrize("language", [*LANGUAGES, None])
def test_a_language_that_is_known_or_cannot_be_told_does_not_hold(language: str | None):
    verdict = decide(replace(subject(), language=language), rulebook())

    assert (verdict.action, verdict.reasons) == (Action.APPROVE, ())


def test_a_site_may_let_the_scores_decide_in_every_language():
    rules = rulebook(unsupported_language="approve")

    fine, rude = decide(FRENCH, rules), decide(replace(FRENCH, scores={"toxicity": 1.0}), rules)

    assert (fine.action, codes(fine)) == (Action.APPROVE, ["unsupported_language"])
    assert (rude.action, codes(rude)) == (Action.HOLD, ["score", "unsupported_language"])
    assert rude.source is Source.CLASSIFIER


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("no links", 0),
        ("http://a.b", 1),
        ("https://www.example.org/x", 1),
        ("WWW.EXAMPLE.ORG", 1),
        ("[url=https://www.a.b]x[/url]", 1),
        ("[url]http://a.b[/url]", 1),
        ("[URL]www.a.b", 1),
        ("https://a.b and http://c.d, www.e.f", 3),
    ],
)
def test_each_link_is_counted_once(text: str, links: int):
    if links:
        assert codes(decide(subject(text), rulebook(link_limit=links - 1))) == ["links"]
    assert decide(subject(text), rulebook(link_limit=links)).action is Action.APPROVE


def test_what_could_not_be_scored_is_held():
    verdict = unscored("why")

    assert verdict.action is Action.HOLD
    assert [r.code for r in verdict.reasons] == [ReasonCode.UNSCORED]


@pytest.mark.parametrize(("reporters", "holds"), [(1, False), (2, True), (3, True)])
def test_so_many_reports_hold(reporters: int, holds: bool):
    assert reports_hold(Policy(reports_to_hold=2), reporters) is holds


def test_copies_share_a_fingerprint_whatever_their_signs_and_case():
    first = text_fingerprint("Buy my wonderful new book today!")

    assert first
    assert text_fingerprint("BUY... my wonderful   new book today") == first
    assert text_fingerprint("Buy my wonderful old book today!") != first
    assert text_fingerprint("Thank you!") == text_fingerprint("!" * 500) == ""


PROBABILITIES = st.floats(0, 1) | st.just(float("nan"))
POLICIES = st.builds(
    Policy,
    thresholds=st.dictionaries(
        st.sampled_from(["toxicity", "spam", "x"]), st.none() | PROBABILITIES
    ),
    banned_words=st.tuples(st.text(max_size=5)),
    suspect_words=st.tuples(st.text(max_size=5)),
    hold_suspect_words=st.booleans(),
    link_limit=st.none() | st.integers(0, 3),
    hold_first_time_authors=st.booleans(),
    held_articles=st.tuples(st.sampled_from(["a1", "a2"])),
    held_authors=st.tuples(st.sampled_from(["anna", "bo"])),
    unsupported_language=st.sampled_from([Action.HOLD, Action.APPROVE]),
)


@settings(max_examples=150, deadline=None)
@given(
    policy=POLICIES,
    text=st.text(max_size=60),
    scores=st.dictionaries(st.sampled_from(["toxicity", "spam", "x"]), PROBABILITIES),
    facts=st.builds(Facts, *[st.integers(0, 20)] * 4),
    language=st.sampled_from([None, "en", "fr"]),
)
def test_the_machine_never_rejects_and_holds_exactly_when_it_has_a_reason(
    policy: Policy, text: str, scores: dict[str, float], facts: Facts, language: str | None
):
    rules = Rulebook(
        policy,
        effective_thresholds(policy, RELEASE),
        WordList(policy.banned_words, normalise),
        WordList(policy.suspect_words, normalise),
        LANGUAGES,
    )
    asked = Subject(text, normalise(text), scores, "a1", "anna", facts, language)

    verdict = decide(asked, rules)

    assert verdict.action in {Action.APPROVE, Action.HOLD}
    notes = set() if policy.hold_suspect_words else {"suspect_word"}
    if policy.unsupported_language is Action.APPROVE:
        notes.add("unsupported_language")
    assert (verdict.action is Action.HOLD) == bool(set(codes(verdict)) - notes)


@settings(deadline=None)
@given(POLICIES.filter(lambda one: repr(one.thresholds).find("nan") < 0))
def test_a_policy_survives_the_way_to_the_record_and_back(policy: Policy):
    assert Policy.from_json(json.loads(json.dumps(policy.to_json()))) == policy
