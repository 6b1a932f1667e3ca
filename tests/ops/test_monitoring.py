"""Dashboard, alerts and docs/monitoring.md speak of metrics that a running service has.

promtool, where it is on the PATH, checks the rules and runs their tests; what is checked here
besides needs no tool.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import Service, new_comment
from tests.ops.files import OPS, ROOT, ask_tool, read_yaml

ALERTS = OPS / "prometheus/alerts.yml"
TESTS = sorted((OPS / "prometheus").glob("*.test.yml"))
DASHBOARD = OPS / "grafana/moderation.json"
METRIC = re.compile(r"\bmoderation_\w+")
SELECTOR = re.compile(r"\b(moderation_\w+)\{([^}]*)\}")
ROW = re.compile(r"^\| `(moderation_\w+)` \| (\w+) \|([\w, ]*)\|", re.MULTILINE)
#: Labels that Prometheus adds, and that of a histogram's buckets.
ADDED = {"instance", "job", "le"}


def rules() -> list[dict[str, Any]]:
    [document] = read_yaml(ALERTS)
    return [rule for group in document["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return found


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules())
    for panel in panels():
        yield from (target["expr"] for target in panel.get("targets", []))


def documented() -> dict[str, tuple[str, set[str]]]:
    """Metric → type and labels, by docs/monitoring.md."""
    text = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")
    return {
        name: (kind, set(filter(None, labels.replace(" ", "").split(","))))
        for name, kind, labels in ROW.findall(text)
    }


def family(series: str) -> str:
    """The metric that a series belongs to: that of a histogram has three."""
    return series if series in documented() else re.sub(r"_(bucket|sum|count)$", "", series)


@pytest.fixture(scope="module")
def served(service: Service) -> dict[str, tuple[str, set[str]]]:
    """Metric → type and labels seen, of a running service that decided a comment."""
    with service.client() as client:
        client.post(
            "/v1/articles/a1/comments", json=new_comment(), headers={"Prefer": "wait=30"}
        ).raise_for_status()
        text = client.get("/metrics").text
    found = {}
    for one in text_string_to_metric_families(text):
        labels = {label for sample in one.samples for label in sample.labels} - ADDED
        name = f"{one.name}_total" if one.type == "counter" else one.name
        found[name] = (one.type, labels)
    return found


@pytest.mark.service
class TestMetrics:
    def test_the_documentation_lists_those_that_a_service_has_and_no_other(
        self, served: dict[str, tuple[str, set[str]]]
    ) -> None:
        listed = {name: kind for name, (kind, _) in documented().items()}
        assert listed == {name: kind for name, (kind, _) in served.items()}

    def test_no_series_has_a_label_that_is_not_documented(
        self, served: dict[str, tuple[str, set[str]]]
    ) -> None:
        known = documented()
        assert not {
            name: labels - known[name][1]
            for name, (_, labels) in served.items()
            if labels - known[name][1]
        }

    def test_dashboard_and_alerts_ask_only_for_what_there_is(
        self, served: dict[str, tuple[str, set[str]]]
    ) -> None:
        asked = {family(name) for one in expressions() for name in METRIC.findall(one)}
        assert len(asked) > 20
        assert asked <= set(served)

    def test_they_select_by_labels_that_there_are(self) -> None:
        known = documented()
        for expression in expressions():
            for name, matchers in SELECTOR.findall(expression):
                labels = set(re.findall(r"(\w+)\s*(?:=~|!=|!~|=)", matchers))
                assert labels <= known[family(name)][1] | ADDED, expression


class TestAlerts:
    def test_each_has_a_severity_and_a_runbook_that_exists(self) -> None:
        headings = re.findall(
            r"^### (\w+)$",
            (ROOT / "docs/operating.md").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
        for rule in rules():
            page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
            assert page == "docs/operating.md"
            assert anchor == rule["alert"].lower()
            assert rule["alert"] in headings
            assert rule["labels"]["severity"] in {"critical", "warning"}

    def test_each_is_tested_both_silent_and_firing(self) -> None:
        cases = {
            case["name"]: [bool(one.get("exp_alerts")) for one in case["alert_rule_test"]]
            for path in TESTS
            for document in read_yaml(path)
            for case in document["tests"]
        }
        assert cases == {rule["alert"]: [False, True] for rule in rules()}

    def test_their_own_tests_pass(self) -> None:
        if ask_tool("promtool", "check", "rules", "--lint=all", "--lint-fatal", str(ALERTS)):
            assert "SUCCESS" in (ask_tool("promtool", "test", "rules", *map(str, TESTS)) or "")
        # Without promtool at least every bracket closes.
        for expression in expressions():
            for opening, closing in ("()", "[]", "{}"):
                assert expression.count(opening) == expression.count(closing), expression


class TestDashboard:
    def test_each_panel_says_what_it_shows_and_in_what_unit(self) -> None:
        shown = [panel for panel in panels() if panel["type"] != "row"]
        assert all(panel["description"] for panel in shown)
        assert all(panel["fieldConfig"]["defaults"]["unit"] for panel in shown)
        assert len({panel["id"] for panel in panels()}) == len(panels())

    def test_no_panel_lies_on_another(self) -> None:
        taken: set[tuple[int, int]] = set()
        for panel in panels():
            at = panel["gridPos"]
            cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
            assert not cells & taken, panel["title"]
            assert at["x"] + at["w"] <= 24
            taken |= cells
