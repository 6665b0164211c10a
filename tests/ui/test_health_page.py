"""The organisation's health."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from core.models import Cause, Incident, IncidentSource, Status
from core.spreadsheet import written
from tests.ui.conftest import Open, texts
from tests.ui.fakes import FakeRuntime
from tests.ui.samples import DOWN, make_source, source_id
from ui.axes import log_scale

DIRECTIONS = re.compile("[\u200e\u200f\u2066-\u2069]")


def test_it_says_how_many_are_healthy(open_page: Open) -> None:
    app = open_page("health")
    assert not app.exception
    assert "۳ از ۶ منبع سالم‌اند." in texts(app)


def test_an_organisation_that_is_well_says_so(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.sources = {source_id("پروازها"): make_source("پروازها")}
    said = texts(open_page("health"))
    assert "این سازمان یک منبع دارد که سالم است." in said
    assert "همهٔ منبع‌ها در آخرین بررسی درست پاسخ داده‌اند." in said


def test_what_is_broken_stands_with_since_and_why_the_worst_first(open_page: Open) -> None:
    said = texts(open_page("health", lang="en"))
    assert "Nothing accepts connections" in said
    assert "2 hours ago" in said
    assert said.index("Not checked yet") > said.rindex("Nothing accepts connections")


def test_only_slow_and_failing_sources_are_ranked(open_page: Open) -> None:
    app = open_page("health")
    slowest, flakiest = (app.dataframe[index].value for index in (-2, -1))
    assert len(slowest) == 5
    assert set(flakiest["name"]) == {"انبار مشهد", "پایانهٔ پرداخت"}


def test_the_chart_stands_in_a_table_too(open_page: Open) -> None:
    app = open_page("health")
    (table,) = [frame.value for frame in app.dataframe if "median" in frame.value]
    assert len(table) == 5
    assert set(table["failed"]) == {"۰", "۳"}


def test_every_source_has_its_availability_and_what_is_left_of_its_budgets(open_page: Open) -> None:
    (table,) = [frame.value for frame in open_page("health").dataframe if "left.24h" in frame.value]
    rows = table.set_index("name")
    assert list(rows.loc["پروازها", ["availability", "left.24h", "left.30d"]]) == ["۱۰۰٪", "۱۰۰٪", "۱۰۰٪"]
    assert list(rows.loc["انبار مشهد", ["availability", "errors", "left.7d"]]) == ["۹۸٫۷۵٪", "۳", "۰٪"]
    assert list(rows.loc["بایگانی", ["availability", "left.24h"]]) == ["—", "—"]


def test_the_range_stands_in_the_address_and_is_asked_for(open_page: Open, runtime: FakeRuntime) -> None:
    app = open_page("health", range="7d")
    since, until = runtime.history.asked[-1]
    assert until - since == timedelta(days=7)
    app.button_group[0].set_value("30d").run()
    since, until = runtime.history.asked[-1]
    assert until - since == timedelta(days=30)
    assert app.query_params["range"] == "30d"


def test_a_range_that_is_none_is_a_day(open_page: Open, runtime: FakeRuntime) -> None:
    assert not open_page("health", range="forever").exception
    since, until = runtime.history.asked[-1]
    assert until - since == timedelta(days=1)


@pytest.mark.parametrize("percentile", ["p50", "p99"])
def test_another_percentile_and_a_logarithmic_scale_are_a_switch_away(open_page: Open, percentile: str) -> None:
    app = open_page("health")
    app.button_group[1].set_value(percentile)
    app.toggle[0].set_value(True).run()
    assert not app.exception


def test_the_best_hours_of_the_week_are_named(open_page: Open) -> None:
    said = DIRECTIONS.sub("", texts(open_page("health")))
    assert "شنبه ۱۰:۳۰، شنبه ۰۹:۳۰ و یکشنبه ۰۹:۳۰" in said


def test_before_the_first_full_hour_the_week_says_when_it_will_come(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.history.weekly = False
    assert "پس از نخستین ساعت کامل" in texts(open_page("health"))


def test_without_calls_the_page_says_how_to_make_some(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.sources = {source_id("بایگانی"): make_source("بایگانی", Status.UNKNOWN)}
    app = open_page("health")
    assert not app.exception
    assert "در ۳۰ روز گذشته فراخوانی‌ای نبوده است" in texts(app)


def test_a_range_of_long_ago_is_shown_although_nothing_was_called_since(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.history.quiet_now = True
    app = open_page("health", range="custom", **{"from": "2026-03-20", "to": "2026-03-22"})
    assert not app.exception
    assert "در ۳۰ روز گذشته فراخوانی‌ای نبوده است" not in texts(app)
    assert app.get("plotly_chart")


def test_without_sources_the_next_step_is_to_add_one(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.sources.clear()
    app = open_page("health")
    assert "هنوز منبعی ندارید" in texts(app)
    assert app.button(key="first_source")


def test_no_source_is_called(open_page: Open, runtime: FakeRuntime) -> None:
    open_page("health")
    assert runtime.sources.calls == []


def test_more_sources_than_lines_are_told(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.sources = {source_id(f"s{i}"): make_source(f"s{i}") for i in range(13)}
    assert "۱۲ منبع از ۱۳ منبع" in texts(open_page("health"))


@pytest.mark.parametrize(("low", "top"), [(0.0, 0.0), (3, 9), (0.4, 15_000), (10, 10), (1, 100)])
def test_a_logarithmic_scale_holds_the_values_between_its_ends(low: float, top: float) -> None:
    values = log_scale(low, top)
    assert values[0] <= max(low, 0.1)
    assert values[-1] >= top
    assert values == sorted(set(values))
    assert 2 <= len(values) <= 8


def incident(*names: str, closed: bool = False) -> Incident:
    at = datetime(2026, 3, 21, 8, 30, tzinfo=UTC)
    over = at + timedelta(hours=1) if closed else None
    members = tuple(IncidentSource(source_id(name), name, "postgres", at, over, DOWN.diagnosis()) for name in names)
    cause = (Cause.HOST, "db.example.com") if len(names) > 1 else (Cause.SOURCE, str(source_id(names[0])))
    return Incident(uuid4(), *cause, "unreachable", at, over, members)


def test_sources_that_failed_for_one_reason_stand_together_and_lead_to_that_moment(
    open_page: Open, runtime: FakeRuntime
) -> None:
    runtime.incidents.kept = (incident("پروازها", "انبار مشهد"), incident("بایگانی", closed=True))
    app = open_page("health", lang="en")
    said = DIRECTIONS.sub("", texts(app))
    assert "2 sources for one reason" in said
    assert "1 source**" in said
    assert "db.example.com" in said
    links = [link.proto.query_string for link in app.get("page_link")]
    wanted = [link for link in links if str(source_id("انبار مشهد")) in link and "at=2026-03-21T08" in link]
    assert len(wanted) == 1
    assert "tab=metrics" in wanted[0]


def test_how_many_more_incidents_there_are_is_said_where_it_is_known(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.incidents.kept = tuple(incident("بایگانی", closed=True) for _ in range(500))
    assert "and 490 more incidents" in DIRECTIONS.sub("", texts(open_page("health", lang="en")))
    runtime.incidents.kept = tuple(incident("بایگانی", closed=True) for _ in range(1500))
    assert "more incidents" not in texts(open_page("health", lang="en"))


def test_a_range_without_incidents_says_so(open_page: Open) -> None:
    assert "در این بازه حادثه‌ای نبوده است." in texts(open_page("health"))


def test_a_download_is_read_as_persian_and_never_carried_out() -> None:
    rows = [("=HYPERLINK()", datetime(2026, 3, 21, tzinfo=UTC), None), ("پروازها", "", 1.5)]
    made = written(("source", "ts", "p95_ms"), rows)
    assert made.startswith(b"\xef\xbb\xbf")
    assert made.decode("utf-8-sig").splitlines() == [
        "source,ts,p95_ms",
        "'=HYPERLINK(),2026-03-21T00:00:00+00:00,",
        "پروازها,,1.5",
    ]
