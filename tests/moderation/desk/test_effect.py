"""What a draft of a policy would do: counted on samples, and on a site's own comments."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from moderation.desk import effect as module
from moderation.desk.deciding import Desk, Verdict
from moderation.desk.effect import BINS, Effects, Holding, Row, Sample, Samples, effect
from moderation.domain import Action
from moderation.policy import Policy
from moderation.record import Record
from tests.conftest import DEMO_SITE
from tests.fakes import FRENCH, RUDE, SPAM, THRESHOLDS
from tests.moderation.desk.conftest import ANNA, MIA, Post

REJECT, APPROVE = Verdict(Action.REJECT), Verdict(Action.APPROVE)


def sample(*scores: float, rules: Sequence[str] = ()) -> Sample:
    return Sample([Row({"toxicity": score}, frozenset(rules)) for score in scores])


def holding(threshold: float | None, policy: Policy | None = None) -> Holding:
    policy = replace(policy or Policy(), thresholds={"toxicity": threshold})
    return Holding.of(policy, {})


def test_a_score_at_the_threshold_is_held_and_one_below_is_not() -> None:
    scores = sample(0.4999, 0.5, 0.5001)

    assert scores.held(holding(0.5)).part == 2
    assert scores.held(holding(0.0)).part == 3
    assert scores.held(holding(None)).part == 0


def test_a_comment_over_two_thresholds_is_held_once() -> None:
    both = Sample([Row({"toxicity": 0.9, "spam": 0.9}, frozenset())])

    assert both.held(Holding({"toxicity": 0.5, "spam": 0.5}, frozenset())).part == 1


def test_what_a_rule_held_stays_held_whatever_the_thresholds() -> None:
    assert sample(0.1, rules=["links"]).held(holding(None)).part == 1


@pytest.mark.parametrize(
    ("rule", "policy", "held"),
    [
        ("suspect_word", Policy(), 0),
        ("suspect_word", Policy(hold_suspect_words=True), 1),
        ("unsupported_language", Policy(), 1),
        ("unsupported_language", Policy(unsupported_language=Action.APPROVE), 0),
    ],
)
def test_what_is_noted_in_any_case_follows_the_draft(
    rule: str, policy: Policy, held: int
) -> None:
    assert sample(0.1, rules=[rule]).held(holding(0.5, policy)).part == held


def test_thresholds_that_a_policy_does_not_set_are_the_releases() -> None:
    found = Holding.of(Policy(thresholds={"spam": None}), {"toxicity": 0.7, "spam": 0.8})

    assert found.thresholds == {"toxicity": 0.7}


def test_every_score_is_in_one_bin_with_both_ends_in() -> None:
    scores = sample(0.0, 0.0499, 0.05, 0.999, 1.0)

    counts = scores.histogram("toxicity")

    assert len(counts) == BINS
    assert (counts[0], counts[1], counts[-1]) == (2, 1, 2)
    assert sum(counts) == scores.size
    assert scores.histogram("spam") == [0] * BINS


class TestTheSentence:
    def sentence(self, samples: Samples, *, now: float | None, draft: float | None) -> str:
        return effect(samples, holding(now), holding(draft)).sentence

    def test_of_many_it_is_as_short_as_can_be(self) -> None:
        recent = sample(*[0.1] * 939, *[0.6] * 21, *[0.9] * 40)
        samples = Samples(recent, sample(*[0.1] * 27, *[0.6] * 273), sample(*[0.1] * 300))

        assert self.sentence(samples, now=0.8, draft=0.5) == (
            "holds 6.1 % of comments (now 4.0 %), catches 91 % of what moderators rejected"
        )

    def test_of_few_it_says_how_few_and_how_far_off_it_may_be(self) -> None:
        samples = Samples(sample(*[0.1] * 9, 0.9), sample(0.1, 0.9), sample())

        assert self.sentence(samples, now=0.95, draft=0.5) == (
            "holds 10 % of comments (now 0 %; likely 1.8 % to 40 %, as only 10 are known), "
            "catches 50 % of what moderators rejected "
            "(likely 9.5 % to 91 %, as only 2 are known)"
        )

    def test_without_labels_it_says_so(self) -> None:
        samples = Samples(sample(*[0.1] * 200), sample(), sample())

        assert self.sentence(samples, now=0.5, draft=None) == (
            "holds 0 % of comments (now 0 %), no labels yet"
        )

    def test_where_all_was_approved_nothing_can_be_caught(self) -> None:
        samples = Samples(sample(*[0.1] * 200), sample(), sample(0.9))

        assert self.sentence(samples, now=0.5, draft=0.5).endswith("nothing was rejected yet")

    def test_on_a_new_site_there_is_nothing_to_say(self) -> None:
        samples = Samples(sample(), sample(), sample())

        assert self.sentence(samples, now=0.5, draft=0.5) == "no comments yet, no labels yet"


def test_trying_thresholds_on_thousands_of_comments_takes_milliseconds() -> None:
    recent = sample(*(number / 5_000 for number in range(5_000)))
    labelled = sample(*(number / 1_000 for number in range(1_000)))
    samples = Samples(recent, labelled, labelled)

    started = time.thread_time()
    for step in range(20):
        effect(samples, holding(0.9), holding(step / 20))

    assert (time.thread_time() - started) / 20 < 0.05


class TestOnTheRecord:
    @pytest.fixture
    def effects(self, record: Record, monkeypatch: pytest.MonkeyPatch) -> Effects:
        """Effects with the release of the tests at work, and nothing kept for a while."""
        state = {"release": "fake-1", "categories": list(THRESHOLDS), "thresholds": THRESHOLDS}
        record.queue.tick("w1", state)
        monkeypatch.setattr(module, "FRESH_S", 0.0)
        return Effects(record)

    def test_it_counts_what_the_machine_decided_and_what_people_said(
        self, effects: Effects, record: Record, post: Post
    ) -> None:
        # Given: of four comments two are held by scores and one by its language
        rude, spam, _, _ = (
            post(text, author={"id": text})
            for text in (f"You {RUDE}", f"Free {SPAM}", "Thank you", f"{FRENCH} Madame")
        )
        Desk(record).decide(ANNA, rude, REJECT)
        Desk(record).decide(MIA, spam, APPROVE)

        # When
        found = effects.of(DEMO_SITE, Policy(thresholds={"spam": None}))

        # Then: moderators' decisions are no comments of their own
        assert (found.held.now.part, found.held.draft.part, found.held.now.whole) == (3, 2, 4)
        assert (found.caught.draft.part, found.caught.draft.whole) == (1, 1)
        assert (found.stopped.now.part, found.stopped.draft.part) == (1, 0)
        assert found.reaching["spam"].now.part == 1
        assert found.reaching["spam"].draft.part == 0

    def test_a_verdict_that_was_undone_is_no_label(
        self, effects: Effects, record: Record, post: Post
    ) -> None:
        comment = post(f"You {RUDE}")
        decision = Desk(record).decide(ANNA, comment, REJECT)
        assert effects.of(DEMO_SITE, Policy()).caught.now.whole == 1

        Desk(record).undo(ANNA, comment, decision["revision"])

        assert effects.of(DEMO_SITE, Policy()).caught.now.whole == 0

    def test_of_a_verdict_that_was_replaced_the_later_one_counts(
        self, effects: Effects, record: Record, post: Post
    ) -> None:
        comment = post(f"You {RUDE}")
        Desk(record).decide(ANNA, comment, REJECT)
        Desk(record).decide(ANNA, comment, APPROVE)

        found = effects.of(DEMO_SITE, Policy())

        assert (found.caught.now.whole, found.stopped.now.whole) == (0, 1)

    def test_an_erased_comment_is_no_label_any_more(
        self, effects: Effects, record: Record, post: Post
    ) -> None:
        comment = post(f"You {RUDE}")
        Desk(record).decide(ANNA, comment, REJECT)
        record.comments.erase(DEMO_SITE, comment)
        post("Something new")

        assert effects.of(DEMO_SITE, Policy()).caught.now.whole == 0

    def test_it_is_read_anew_only_when_something_was_decided(
        self, effects: Effects, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        post("One")
        first = effects.samples(DEMO_SITE)
        assert effects.samples(DEMO_SITE) is first
        post("Two", author={"id": "somebody else"})
        assert effects.samples(DEMO_SITE) is not first

        monkeypatch.setattr(module, "FRESH_S", 60.0)
        second = effects.samples(DEMO_SITE)
        post("Three", author={"id": "somebody third"})
        assert effects.samples(DEMO_SITE) is second

    def test_each_site_has_its_own(self, effects: Effects, post: Post, other_site: str) -> None:
        post("One")

        assert effects.samples(DEMO_SITE).recent.size == 1
        assert effects.samples("other").recent.size == 0

    def test_samples_of_few_sites_are_kept(
        self, effects: Effects, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "SITES_KEPT", 2)
        monkeypatch.setattr(module, "FRESH_S", 60.0)
        first, *_ = (effects.samples(site) for site in ("one", "two", "three"))

        assert effects.samples("one") is not first


def test_reading_the_samples_of_a_busy_site_is_quick(
    record: Record, decide_all: Callable[[], None], post: Post
) -> None:
    # Given: as many decisions as are looked at
    post("One")
    key = next(record.connection.scan_iter(match="*:decisions:demo"))
    entry = record.connection.xrevrange(key, count=1)[0][1]
    with record.connection.pipeline(transaction=False) as pipe:
        for _ in range(5_000):
            pipe.xadd(key, entry)
        pipe.execute()

    started = time.thread_time()
    samples = Effects(record).samples(DEMO_SITE)

    assert samples.recent.size == 5_000
    # A tenth of this on an idle machine.
    assert time.thread_time() - started < 1.5
