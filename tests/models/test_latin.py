"""The cut-down py3langid: what it says, py3langid says too."""

from __future__ import annotations

import numpy as np
import pytest
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from models.latin import ALPHABET, LatinLanguages, latin_languages

TEXTS = [
    "the ferry was late again this morning",
    "die fähre kam heute früh wieder zu spät",
    "le bac était encore en retard ce matin",
    "prom znowu spóźnił się dziś rano",
    "aaaa aaaa aaaa aaaa aaaa",
    "bjørn æble straße ţară ğ ư ế",
]
MAX_BYTES = 14_000_000


@pytest.fixture(scope="module")
def model() -> LatinLanguages:
    return latin_languages()


@pytest.fixture(scope="module")
def original(model: LatinLanguages) -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(set(model.languages))
    return identifier


def test_its_probabilities_are_those_of_py3langid(
    model: LatinLanguages, original: LanguageIdentifier
) -> None:
    rows = model.probabilities([text.encode() for text in TEXTS])

    for text, row in zip(TEXTS, rows.tolist(), strict=True):
        expected = dict(original.rank(text))
        assert row == pytest.approx([expected[one] for one in model.languages], abs=1e-4)


def test_a_text_has_the_same_probabilities_alone_and_among_others(
    model: LatinLanguages,
) -> None:
    texts = [text.encode() for text in TEXTS]

    together = model.probabilities(texts)

    alone = np.concatenate([model.probabilities([text]) for text in texts])
    assert together == pytest.approx(alone, abs=1e-5)


def test_any_bytes_have_probabilities(model: LatinLanguages) -> None:
    rows = model.probabilities([bytes(range(256)), b"\xff", ALPHABET])

    assert rows.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_it_is_small(model: LatinLanguages) -> None:
    arrays = [model.moves, model.offsets, model.grams, model.weights, model.prior]

    assert sum(array.nbytes for array in arrays) < MAX_BYTES
