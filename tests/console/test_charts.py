"""Charts: drawn to scale, safe to put into a page, told to who cannot see them."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from moderation.console.charts import HEADROOM, Mark, Series, histogram, legend, stacked_bars

ROOM = 100 - HEADROOM


def parsed(chart: str) -> ElementTree.Element:
    return ElementTree.fromstring(chart)


def bars(chart: str) -> list[dict[str, float | str]]:
    return [
        {
            name: value if name == "class" else float(value.rstrip("%"))
            for name, value in rect.attrib.items()
        }
        for rect in parsed(chart).iter("rect")
    ]


def titles(chart: str) -> list[str]:
    return [title.text or "" for title in parsed(chart).iter("title")]


def test_heights_are_to_scale_and_bars_stand_on_the_ground() -> None:
    small, large = bars(histogram([1, 0, 4], lo=0, hi=1, title="T"))
    assert large["height"] == pytest.approx(ROOM)
    assert small["height"] == pytest.approx(ROOM / 4, abs=0.01)
    for bar in (small, large):
        assert bar["y"] + bar["height"] == pytest.approx(100, abs=0.02)


def test_a_bar_stands_within_its_bin() -> None:
    for at, bar in enumerate(bars(histogram([1] * 20, lo=0, hi=1, title="T"))):
        assert at * 5 <= bar["x"] < bar["x"] + bar["width"] <= at * 5 + 5


def test_by_root_rare_values_are_seen() -> None:
    rare, common = bars(histogram([1, 10_000], lo=0, hi=1, title="T", by_root=True))
    assert rare["height"] / common["height"] == pytest.approx(0.01, abs=0.001)


def test_series_stand_on_each_other() -> None:
    series = [Series("a", [3], "rejected"), Series("b", [1], "approved")]
    lower, upper = bars(stacked_bars(series, labels=["x"], title="T"))
    assert (lower["class"], upper["class"]) == ("look-rejected", "look-approved")
    assert lower["height"] == pytest.approx(3 * upper["height"])
    assert upper["y"] + upper["height"] == pytest.approx(lower["y"], abs=0.02)
    assert lower["height"] + upper["height"] == pytest.approx(ROOM)


def test_each_bar_says_what_it_is() -> None:
    series = [Series("held", [1_200, 0]), Series("approved", [3, 0])]
    chart = stacked_bars(series, labels=["Mon", "Tue"], title="Decisions")
    assert titles(chart) == ["Decisions", "Mon: 1,200 held, 3 approved"]
    (desc,) = parsed(chart).iter("desc")
    assert desc.text == "Highest at Mon: 1,203 of 1,203."


def test_a_mark_stands_at_its_value_and_is_told() -> None:
    chart = histogram([1, 1], lo=0, hi=2, title="T", marks=[Mark(1.5, "threshold 1.50")])
    (group,) = (one for one in parsed(chart).iter("g") if one.get("class") == "chart-mark")
    assert group.find("line").attrib["x1"] == "75.00%"
    assert "Marked: threshold 1.50." in chart


@pytest.mark.parametrize(("at", "x"), [(-1.0, "0.00%"), (7.0, "100.00%")])
def test_a_mark_never_leaves_the_chart(at: float, x: str) -> None:
    assert f'x1="{x}"' in histogram([1], lo=0, hi=1, title="T", marks=[Mark(at, "m")])


@pytest.mark.parametrize("counts", [[], [0, 0, 0]])
def test_nothing_is_a_chart_too(counts: list[int]) -> None:
    chart = histogram(counts, lo=0, hi=1, title="T")
    assert bars(chart) == []
    assert "Nothing to show." in chart


def test_names_with_markup_stay_text() -> None:
    hostile = '"><script>alert(1)</script>'
    series = [Series(hostile, [1])]
    for chart in (
        stacked_bars(series, labels=[hostile], title=hostile),
        histogram([1], lo=0, hi=1, title="T", marks=[Mark(0.5, hostile)]),
        legend(series),
    ):
        assert "<script" not in chart
        assert "alert(1)" in "".join(parsed(chart).itertext())


def test_nothing_in_a_chart_is_forbidden_by_the_pages_own_policy() -> None:
    chart = histogram([1, 2], lo=0, hi=1, title="T", marks=[Mark(0.5, "m")])
    assert not re.search(r"\b(style|id|on\w+|href)=", chart)


def test_few_labels_are_all_written_and_many_only_at_the_ends_and_the_middle() -> None:
    def written(count: int) -> list[str | None]:
        labels = [f"d{at}" for at in range(count)]
        chart = stacked_bars([Series("", [1] * count)], labels=labels, title="T")
        return [one.text for one in parsed(chart).iter("span")]

    assert written(3) == ["d0", "d1", "d2"]
    assert written(31) == ["d0", "d15", "d30"]
