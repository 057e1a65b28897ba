"""What is built on the metrics, alerts and a dashboard, knows them by names that are there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.observe.metrics.table import METRICS, STATES
from support.places import TOP
from support.watching.promtool import needs_promtool, promtool

RULES = TOP / "config" / "prometheus" / "bulk_importer.rules.yml"
DASHBOARD = TOP / "config" / "grafana" / "bulk_importer.json"
PAGE = TOP / "bulk_importer" / "cli" / "help" / "pages" / "metrics.txt"
BEHIND = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
EXPOSED = {f"bulk_importer_{metric.name}{end}" for metric in METRICS for end in BEHIND[metric.kind]}


def named(text: str) -> set[str]:
    """The metrics of this program that a text names."""
    return set(re.findall(r"\bbulk_importer_\w+", text))


def dashboard() -> dict[str, Any]:
    """As Grafana reads it."""
    read: dict[str, Any] = json.loads(DASHBOARD.read_text())
    return read


def expressions() -> Iterator[str]:
    """Everything that the dashboard asks of Prometheus."""
    board = dashboard()
    yield from (target["expr"] for panel in board["panels"] for target in panel["targets"])
    yield from (each["expr"] for each in board["annotations"]["list"])


@needs_promtool
def test_the_alerts_are_right_and_go_off_when_they_should() -> None:
    """As Prometheus says, and in stories of what happens."""
    promtool("check", "rules", RULES)
    promtool("test", "rules", Path(__file__).with_name("rules.test.yml"))


@needs_promtool
def test_each_expression_of_the_dashboard_can_be_read(tmp_path: Path) -> None:
    """With something in the place of what Grafana fills in."""
    rules = [
        {"record": f"r{number}", "expr": expression.replace("$__rate_interval", "5m").replace("$", "")}
        for number, expression in enumerate(expressions())
    ]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    promtool("check", "rules", tmp_path / "rules.yml")


@pytest.mark.parametrize("path", [RULES, DASHBOARD], ids=lambda path: path.name)
def test_what_is_named_is_there(path: Path) -> None:
    """A name that is no metric would be an alert that never goes off."""
    text = path.read_text()
    assert named(text) - EXPOSED == set()
    assert {state for state in re.findall(r'state="(\w+)"', text) if state not in STATES} == set()


def test_the_page_about_metrics_names_them_all() -> None:
    """All, and no other, so that nobody has to start a run to see what there is."""
    ends = {"counter": "_total", "gauge": "", "histogram": ""}
    assert named(PAGE.read_text()) == {f"bulk_importer_{each.name}{ends[each.kind]}" for each in METRICS}


def test_the_dashboard_asks_whatever_source_a_person_chooses() -> None:
    """It is imported as it is, whatever Prometheus is called there."""
    board = dashboard()
    wanted = {"type": "prometheus", "uid": "${datasource}"}
    asking = [each for panel in board["panels"] for each in (panel, *panel["targets"])]
    asking += board["annotations"]["list"] + board["templating"]["list"][1:]
    assert [each for each in asking if each["datasource"] != wanted] == []
    assert board["templating"]["list"][0]["type"] == "datasource"


def test_panels_of_the_dashboard_do_not_lie_on_each_other() -> None:
    """Each has a place, a number and a title of its own."""
    panels = dashboard()["panels"]
    places = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(places)) == len(places)
    assert max(x for x, _ in places) < 24
    for key in ("id", "title"):
        assert len({panel[key] for panel in panels}) == len(panels)
