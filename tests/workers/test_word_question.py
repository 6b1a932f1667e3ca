"""A question that brings a word list along: its entries are looked for in each text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from moderation.domain import Action, Lane
from moderation.policy import Policy
from moderation.record import Record
from moderation.record.queue import Question
from tests.conftest import DEMO_SITE
from tests.fakes import RUDE, UNSCORABLE, FakeRelease, judge_with


@pytest.fixture
def answer(record: Record, release: FakeRelease) -> Any:
    """What a worker answers to the body of a question."""
    judge = judge_with(record, release)

    def ask(**body: Any) -> dict[str, Any]:
        question = Question(Lane.LIVE, "1-0", 1, DEMO_SITE, "q1", json.dumps(body))
        [found] = judge.settle([question]).answers
        parsed: dict[str, Any] = json.loads(found.body)
        return parsed

    return ask


def words(answered: dict[str, Any]) -> list[Sequence[str]]:
    return [sorted(one["words"]) for one in answered["results"]]


def test_each_text_is_told_which_entries_stand_in_it(answer: Any) -> None:
    texts = ["A plonker, yes", "pl0nker and TWO\nwords", "plonkers in two swords"]

    assert words(answer(texts=texts, words=["plonker", "two words"])) == [
        ["plonker"],
        ["plonker", "two words"],
        [],
    ]


def test_the_sites_own_lists_are_left_alone(answer: Any, record: Record) -> None:
    record.policies.put(DEMO_SITE, Policy(banned_words=("plonker",)))

    assert words(answer(texts=["plonker"], words=[])) == [[]]


def test_who_brings_no_list_is_told_of_none(answer: Any) -> None:
    [result] = answer(texts=["plonker"])["results"]

    assert "words" not in result


def test_a_text_that_cannot_be_scored_is_looked_through_nevertheless(answer: Any) -> None:
    found = answer(texts=[f"{UNSCORABLE} plonker"], words=["plonker"])

    assert words(found) == [["plonker"]]
    assert found["results"][0]["scores"] == {}


@pytest.mark.parametrize("bad", ["plonker", 5, {"a": 1}])
def test_a_poisoned_list_does_no_harm(answer: Any, bad: Any) -> None:
    found = answer(texts=["plonker"], words=bad)

    assert found.get("error") == "unscored" or words(found) == [[]]


def test_a_question_that_wants_no_spans_gets_none(answer: Any) -> None:
    asked = answer(texts=[f"You {RUDE}"])
    unasked = answer(texts=[f"You {RUDE}"], explain=False)

    assert asked["results"][0]["spans"]
    assert unasked["results"][0] == asked["results"][0] | {"spans": []}


def test_a_question_may_name_a_language_and_ask_if_it_is_understood(
    answer: Any, record: Record
) -> None:
    plain = answer(texts=["hello"])["results"][0]
    known = answer(texts=["hello"], language="en-GB", understood=True)["results"][0]
    unknown = answer(texts=["hello"], language="fr", understood=True)["results"][0]

    assert "understood" not in plain
    assert known == plain | {"understood": True}
    assert unknown == plain | {"action": "hold", "understood": False}


def test_a_policy_that_approves_unknown_languages_takes_them_for_understood(
    answer: Any, record: Record
) -> None:
    record.policies.put(DEMO_SITE, Policy(unsupported_language=Action.APPROVE))

    [found] = answer(texts=["hello"], language="fr", understood=True)["results"]
    assert (found["action"], found["understood"]) == ("approve", True)
