"""The dashboard and the alerts of `deploy/`, worked out by Prometheus' own engine over an hour of real scrapes."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from core.api import exposition
from core.models import Part, Role
from tests.api.conftest import Org, Served, make_org
from tests.fakes import Step
from tests.people import add_token
from tests.servers.promql import Answer, PromQL, Result, Rule, Scrape

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = (DEPLOY / "prometheus" / "alerts.yml").read_text("utf-8")
DASHBOARD = json.loads((DEPLOY / "grafana" / "cheshmeh.json").read_text("utf-8"))
VARIABLES = {"$__rate_interval": "5m", "$org": ".*", "$kind": ".*", "$name": ".*"}
START, MINUTE, MINUTES = 1_774_000_000.0, 60.0, 60
END = START + MINUTE * MINUTES
SECOND = {"job": "cheshmeh", "instance": "second"}
DEAD = {"job": "cheshmeh", "instance": "dead"}


@dataclass(frozen=True)
class Hour:
    """An hour of an organisation, scraped each minute."""

    org: str
    scrapes: tuple[Scrape, ...]

    def instant(self, promql: PromQL, *queries: str) -> tuple[Result, ...]:
        return promql.ask(self.scrapes, queries, start=END, end=END, step=MINUTE).queries

    def rules(self, promql: PromQL) -> tuple[Rule, ...]:
        return _whole(promql, self.scrapes).rules


def behaviour(minute: int) -> Mapping[str, Step]:
    """What each source does to the two pings of a minute."""
    return {
        "well": Step.OK,
        "down": Step.FAIL,
        "refuses": Step.AUTH,
        "recovered": Step.FAIL if minute < 30 else Step.OK,
        "flaky": Step.FAIL if minute % 4 == 0 else Step.OK,
        "held": Step.OK,
    }


@pytest.fixture(scope="module")
def hour(served: Served) -> Hour:
    org = make_org(served)
    sources = {name: org.add(name) for name in (*behaviour(0), "unasked")}
    org.call("POST", f"{sources['held']['id']}/breaker", json={"action": "force_open", "reason": "work"})
    runtime = served.product.runtime
    bearer = add_token(runtime, org.slug, None, frozenset({"metrics"})).token
    headers = {"Authorization": f"Bearer {bearer}", "Accept": "application/openmetrics-text"}
    return Hour(org.slug, tuple(_scrapes(org, sources, headers)))


def _scrapes(org: Org, sources: Mapping[str, Any], headers: dict[str, str]) -> Iterator[Scrape]:
    for minute in range(MINUTES + 1):
        org.clock.advance(MINUTE)
        for name, step in behaviour(minute).items():
            org.other_end.will(step, host=org.host(name))
            for _ in range(2 if name == "down" else 1):
                org.call("POST", f"{sources[name]['id']}/ping", role=Role.ANALYST)
        answer = org.call("GET", "/metrics", role=None, headers=headers)
        yield Scrape(START + minute * MINUTE, answer.text, answer.headers["Content-Type"])


def _whole(promql: PromQL, scrapes: tuple[Scrape, ...], *queries: str) -> Answer:
    return promql.ask(scrapes, queries, rules=RULES, start=START, end=END, step=MINUTE)


def firing(rules: tuple[Rule, ...]) -> dict[str, set[str]]:
    """Names of the sources for which each alert fires at the end, or of the parts or instances."""
    found = {rule.alert: rule.firing(END, MINUTE) for rule in rules}
    return {
        alert: {str(each.get("name") or each.get("part") or each.get("instance", "")) for each in labels}
        for alert, labels in found.items()
        if labels
    }


def expressions() -> list[tuple[str, str]]:
    """Title and expression of each target of the dashboard, its variables replaced."""
    found = []
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            expression = target["expr"]
            for name, value in VARIABLES.items():
                expression = expression.replace(name, value)
            found.append((panel["title"], expression))
    return found


def told(result: Result, label: str = "name") -> dict[str, float]:
    return {series.labels[label]: series.last for series in result.series}


def shown(hour: Hour, promql: PromQL, title: str, label: str = "name") -> dict[str, float]:
    [expression] = [expression for each, expression in expressions() if each == title]
    [result] = hour.instant(promql, expression)
    return told(result, label)


def test_the_file_of_alerts_is_one_that_prometheus_reads(hour: Hour, promql: PromQL) -> None:
    answer = _whole(promql, hour.scrapes)
    assert answer.rule_errors == ()
    assert [rule.result.error for rule in answer.rules] == [""] * len(answer.rules)
    assert len({rule.alert for rule in answer.rules}) == len(answer.rules) >= 6
    assert all({"summary", "description"} == rule.annotations.keys() for rule in answer.rules)


def test_alerts_fire_for_what_is_wrong_and_for_nothing_else(hour: Hour, promql: PromQL) -> None:
    assert firing(hour.rules(promql)) == {
        "CheshmehSourceDown": {"down", "refuses"},
        "CheshmehBreakerOpen": {"down"},
        "CheshmehErrorBudgetBurnsFast": {"down", "refuses", "flaky"},
        "CheshmehErrorBudgetBurns": {"down", "refuses", "flaky"},
    }


def test_a_source_is_down_only_after_five_minutes(hour: Hour, promql: PromQL) -> None:
    [rule] = [rule for rule in hour.rules(promql) if rule.alert == "CheshmehSourceDown"]
    fired = [minute for minute in range(MINUTES) if _names(rule, START + minute * MINUTE) >= {"down"}]
    assert fired == list(range(5, MINUTES))
    assert "recovered" in _names(rule, START + 29 * MINUTE)
    assert "recovered" not in _names(rule, START + 30 * MINUTE)


def test_a_probe_does_not_start_the_ten_minutes_anew(hour: Hour, promql: PromQL) -> None:
    probed = hour.scrapes[-4]
    lines = [
        _probing(line) if 'name="down"' in line else line for line in (probed.text or "").splitlines(keepends=True)
    ]
    assert "".join(lines) != probed.text
    scrapes = (*hour.scrapes[:-4], replace(probed, text="".join(lines)), *hour.scrapes[-3:])
    assert firing(_whole(promql, scrapes).rules)["CheshmehBreakerOpen"] == {"down"}


def test_a_part_that_is_gone_and_a_dashboard_that_does_not_answer_are_told(hour: Hour, promql: PromQL) -> None:
    parts = (Part("database", ok=True), Part("redis", ok=False, required=False))
    body = exposition.answer((), parts, exposition.PLAIN, packed=False).body
    more = [Scrape(at, bytes(body).decode(), labels=SECOND) for at in _minutes()]
    dead = [Scrape(at, None, labels=DEAD) for at in _minutes()]
    rules = _whole(promql, (*hour.scrapes, *more, *dead)).rules
    found = firing(rules)
    assert found["CheshmehDegraded"] == {"redis"}
    assert found["CheshmehNoFigures"] == {"dead"}


def test_no_figures_at_all_is_an_alert_too(hour: Hour, promql: PromQL) -> None:
    silent = [replace(scrape, text=None) for scrape in hour.scrapes]
    assert firing(_whole(promql, tuple(silent)).rules) == {"CheshmehNoFigures": {"127.0.0.1:8501", ""}}
    assert firing(_whole(promql, ()).rules) == {"CheshmehNoFigures": {""}}


@pytest.mark.parametrize(("title", "expression"), expressions())
def test_an_expression_of_the_dashboard_shows_something(
    hour: Hour, promql: PromQL, title: str, expression: str
) -> None:
    assert "$" not in expression
    [result] = hour.instant(promql, expression)
    assert result.error == ""
    assert result.series, title
    assert any(series.last == series.last for series in result.series), "not a number"


def test_the_dashboard_shows_what_happened(hour: Hour, promql: PromQL) -> None:
    states = {"well": 0, "down": 2, "refuses": 0, "recovered": 0, "flaky": 0, "held": 3, "unasked": 0}
    assert shown(hour, promql, "Breakers") == states
    counts = {"healthy": 2, "error": 2, "suspended": 2, "unknown": 1}
    assert shown(hour, promql, "Sources by status", "status") == counts
    failed = shown(hour, promql, "Share of failed calls by source")
    assert (failed["well"], failed["down"], failed["refuses"], failed["recovered"]) == (0, 1, 1, 0)
    refused = shown(hour, promql, "Calls refused by the breaker")
    assert refused["down"] == pytest.approx(1 / MINUTE)
    assert (refused["well"], refused["held"]) == (0, pytest.approx(1 / MINUTE))
    calls = shown(hour, promql, "Calls")
    assert (calls["well"], calls["held"]) == (pytest.approx(1 / MINUTE), 0)


def test_two_dashboards_that_show_the_same_source_count_it_once(hour: Hour, promql: PromQL) -> None:
    twin = [replace(scrape, labels=SECOND) for scrape in hour.scrapes]
    both = replace(hour, scrapes=(*hour.scrapes, *twin))
    for title in ("Sources by status", "Calls", "Calls refused by the breaker", "95th percentile of latency by source"):
        label = "status" if title == "Sources by status" else "name"
        one, two = shown(hour, promql, title, label), shown(both, promql, title, label)
        assert {key: value for key, value in one.items() if value == value} == pytest.approx(
            {key: value for key, value in two.items() if value == value}
        )


def test_every_panel_asks_the_prometheus_that_is_chosen() -> None:
    source = {"type": "prometheus", "uid": "${DS_PROMETHEUS}"}
    for panel in DASHBOARD["panels"]:
        assert panel["datasource"] == source
        assert [target["datasource"] for target in panel["targets"]] == [source] * len(panel["targets"])
    assert DASHBOARD["templating"]["list"][0]["name"] == "DS_PROMETHEUS"
    assert len({panel["title"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_the_variables_list_what_is_exposed(hour: Hour, promql: PromQL) -> None:
    variables = [each for each in DASHBOARD["templating"]["list"] if each["type"] == "query"]
    for variable in variables:
        [(selector, label)] = re.findall(r"label_values\((.+), (\w+)\)", variable["query"])
        [result] = hour.instant(promql, _without_variables(selector))
        assert result.series
        assert all(series.labels[label] for series in result.series)


def _without_variables(selector: str) -> str:
    for name, value in VARIABLES.items():
        selector = selector.replace(name, value)
    return selector


def _probing(line: str) -> str:
    """A breaker's line as it is in the moment of a probe."""
    for state, value in (("open", 0), ("half_open", 1)):
        if f'state="{state}"' in line:
            return f"{line.rpartition(' ')[0]} {value}\n"
    return line


def _minutes() -> list[float]:
    return [START + minute * MINUTE for minute in range(MINUTES + 1)]


def _names(rule: Rule, at: float) -> set[str]:
    return {labels["name"] for labels in rule.firing(at, MINUTE)}
