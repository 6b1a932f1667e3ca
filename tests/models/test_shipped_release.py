"""The shipped release on plain cases. Mild wording: this file is public."""

from __future__ import annotations

import pytest

from models import lineage
from models.explanation import WORD, word_contributions
from models.release import Release
from models.release_files import load, read_manifest, shipped
from models.text import normalise
from moderation.demo.examples import EXAMPLES, Example

MAX_FOLDER_BYTES = 10_000_000

ORDINARY = (
    "Thank you for this thoughtful article",
    "I disagree with the author's view on taxes",
    "What time does the council meet?",
    "The bridge was closed for three weeks last summer.",
    "Could the author name a source for the second figure?",
    "My train was late again, and nobody told us why.",
    "I work from home three days a week.",
    "You can buy tickets at the door.",
    "Click on the map to see the cycle lanes.",
    "We must go back to the old constitution of this country.",
    "Please subscribe me to the newsletter.",
    "Great post!",
    "I hate this rain.",
    "I do not hate anyone.",
    "He was shot dead by police in 1998.",
)
WITH_LINKS = (
    "Check the source at https://example.org",
    "The figures are at https://stats.example.org/2026/rents if anyone wants them.",
    "More on this at www.example.org/report",
    "Source: https://news.example.com/a/1234",
    "I wrote about it here: https://blog.example.org/post",
    "Thanks, great article! The map is on http://maps.example.com/bridge",
    "Here is the council's own page: https://council.example.org/meetings?id=42",
    "https://example.org/paper.pdf is worth reading.",
    "Here is the interview: https://www.youtube.com/watch?v=dQw4w9WgXcQ",
)
WITH_IDENTITY_TERMS = (
    "I am a proud Muslim woman",
    "Black women are underrepresented in politics",
    "My gay brother married last week",
    "My best friend is a lesbian and a nurse.",
    "The synagogue in our town was rebuilt by Jewish families.",
    "Transgender people deserve the same health care.",
    "I am a black man and I love this library.",
    "Our neighbours are Mexican and they cook wonderfully.",
    "The blind teacher was a great help.",
)
HARMLESS = (*ORDINARY, *WITH_LINKS, *WITH_IDENTITY_TERMS)
ABUSIVE = (
    "You are a complete idiot",
    "You are a stupid idiot, shut up",
    "you stupid moron",
    "shut up you fool",
    "I will kill you",
    "y0u 1d10t",
    "You are an i d i o t",
    "you are an iiiidiot",
    "you are an ididot and a mroon",
    "y o u   a r e   a n   i d i o t",
    "You are an id\u0456ot",
    "Go back to your country",
)
SPAM = (
    "WIN a FREE iPhone now!!! click here http://bit.ly/x",
    "WIN a FREE iPhone now!!! Click here http://win.example.com",
    "Earn $5000 a week working from home, WhatsApp +1 555 0100",
    "Check out my channel and subscribe, free gift cards at http://x.example",
    "cheap followers buy now www.example.com",
)
HELD = (*ABUSIVE, *SPAM)


@pytest.fixture(scope="module")
def release() -> Release:
    return load(shipped())


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_comments_are_approved(release: Release, text: str) -> None:
    (scored,) = release.score([text])

    assert not release.holds(scored.scores)


@pytest.mark.parametrize("text", [*ORDINARY, *WITH_LINKS])
def test_comments_far_from_any_threshold_have_nothing_to_explain(
    release: Release, text: str
) -> None:
    assert release.explain([text]) == [[]]


@pytest.mark.parametrize(
    "text", [*HARMLESS, *HELD, *(text for example in EXAMPLES for text in example.texts())]
)
def test_no_english_comment_is_called_foreign(release: Release, text: str) -> None:
    (scored,) = release.score([text])

    assert release.knows(scored.language)


@pytest.mark.parametrize("text", HELD)
def test_abuse_and_spam_are_held_and_explained(release: Release, text: str) -> None:
    (scored,) = release.score([text])

    assert release.holds(scored.scores)
    assert release.explain([text])[0]


@pytest.mark.parametrize("text", [*HELD, *WITH_LINKS])
def test_what_words_add_is_the_linear_logit(release: Release, text: str) -> None:
    normalised = normalise(text)
    words = list(WORD.finditer(normalised))
    vectoriser, classifier = release.vectoriser, release.classifier
    reading = vectoriser.read([normalised])
    row = vectoriser.rows(reading)

    added = word_contributions(normalised, words, reading, row, classifier)

    logits = classifier.decision_function(row)[0]
    assert added.sum(axis=0) + classifier.intercept_ == pytest.approx(logits, abs=1e-3)


def test_a_rude_word_is_named_where_it_stands(release: Release) -> None:
    text = "I read it twice, and I must say: the author is an \u200bid\u0456ot. Regards."

    spans = release.explain([text])[0]

    loudest = max(spans, key=lambda span: span.score)
    assert "d\u0456ot" in text[loudest.begin : loudest.end]


def test_spam_is_held_as_spam(release: Release) -> None:
    for scored in release.score(SPAM):
        assert scored.scores["spam"] >= release.thresholds["spam"]
        assert scored.scores["toxicity"] < release.thresholds["toxicity"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.kind)
def test_the_demo_shows_what_its_buttons_say(release: Release, example: Example) -> None:
    held = {release.holds(scored.scores) for scored in release.score(example.texts())}

    assert held == {example.kind != "kind"}


def test_its_weights_are_those_that_its_manifest_names(release: Release) -> None:
    details = read_manifest(shipped()).details

    assert lineage.weights_sha256(release.classifier) == details["weights_sha256"]


def test_the_folder_is_small() -> None:
    assert sum(path.stat().st_size for path in shipped().iterdir()) <= MAX_FOLDER_BYTES
