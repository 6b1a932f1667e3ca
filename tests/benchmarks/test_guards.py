"""The benchmark of the guards: what is turned over is known, and what became of it is told."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from benchmarks import guards
from benchmarks.guards import Case, Judged, drawn, kept_back, refusals
from models.categories import LABEL
from models.dataset import Example

TOWN = "multilingual_pt_hatebr"
POOL = [Example(f"sentence {number}", {LABEL: number % 2}) for number in range(300)]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with one file of a made-up town, called as a source."""
    rude = [f"you dunderhead of the {number} bridge,1,town" for number in range(300)]
    kind = [f"thank you for the {number} bridge,0,town" for number in range(300)]
    lines = "\n".join(["text,label,source", *rude, *kind])
    with lzma.open(tmp_path / f"{TOWN}.csv.xz", "wt", encoding="utf-8") as file:
        file.write(lines)
    return tmp_path


@pytest.mark.parametrize("share", guards.TURNED)
def test_just_the_share_of_the_labels_is_turned_over(share: float) -> None:
    given, honest = drawn(POOL, Case("town", 200, share, 1))

    assert [one.text for one in given] == [one.text for one in honest]
    assert sum(a != b for a, b in zip(given, honest, strict=True)) == 200 * share


def test_a_draw_is_the_same_whatever_share_is_turned_over() -> None:
    texts = {
        tuple(one.text for one in drawn(POOL, Case("town", 200, share, 1))[0])
        for share in guards.TURNED
    }

    assert len(texts) == 1
    assert drawn(POOL, Case("town", 200, 0, 2))[0] != drawn(POOL, Case("town", 200, 0, 1))[0]


def test_a_candidate_is_measured_on_a_fifth_of_its_labels() -> None:
    assert 30 < len(kept_back(POOL)) < 90


def test_what_was_too_little_to_learn_from_is_no_refusal() -> None:
    found = [
        Judged(Case("town", 500, share, draw)) for share in guards.TURNED for draw in (1, 2)
    ]

    (header, row) = refusals(found)

    assert header[2:] == ("honest", "one in five", "half", "all")
    assert row == ("town", "500", *["–"] * 4)


def test_the_command_judges_honest_and_turned_labels(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards, "TURNED", {0.0: "honest", 0.5: "half", 1.0: "all"})

    guards.main([str(data), "--quick", "--source", TOWN])

    told = capsys.readouterr().out
    assert f"| {TOWN} | 500 | 0 of 1 | 1 of 1 | 1 of 1 |" in told
    assert "no better than chance" in told
    assert "dunderhead" not in told
