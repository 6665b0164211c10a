"""The organisation's health."""

from datetime import UTC, datetime, timedelta

import pytest

from core.models import CallPoint, Status
from tests.ui.conftest import Open, texts
from tests.ui.fakes import FakeRuntime
from tests.ui.samples import make_source, source_id
from ui.axes import log_scale
from ui.health_chart import SERIES_MAX, series, thinned

NOW = datetime(2026, 11, 22, 6, 11, tzinfo=UTC)


def calls(*latencies: float, failed: int = 0) -> list[CallPoint]:
    count = len(latencies)
    return [CallPoint(NOW - timedelta(minutes=count - i), ms, i >= failed) for i, ms in enumerate(latencies)]


def test_it_says_how_many_are_healthy(open_page: Open) -> None:
    app = open_page("health")
    assert not app.exception
    assert "۳ از ۶ منبع سالم‌اند." in texts(app)


def test_an_organisation_that_is_well_says_so(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.sources = {source_id("پروازها"): make_source("پروازها")}
    said = texts(open_page("health"))
    assert "همهٔ ۱ منبع سالم‌اند." in said
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
    assert table.iloc[0]["failed"] == "۷"


def test_without_calls_the_page_says_how_to_make_some(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.sources = {source_id("بایگانی"): make_source("بایگانی", Status.UNKNOWN)}
    app = open_page("health")
    assert not app.exception
    assert "در ۲۴ ساعت گذشته فراخوانی‌ای نبوده است" in texts(app)


def test_without_sources_the_next_step_is_to_add_one(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.sources.clear()
    app = open_page("health")
    assert "هنوز منبعی ندارید" in texts(app)
    assert app.button(key="first_source")


def test_no_source_is_called(open_page: Open, runtime: FakeRuntime) -> None:
    open_page("health")
    assert runtime.sources.calls == []


def test_the_sources_with_most_failures_come_first_then_the_slowest() -> None:
    sources = [make_source(name) for name in ("quick", "slow", "failing", "silent")]
    recent = {
        source_id("quick"): calls(1, 2),
        source_id("slow"): calls(90, 80),
        source_id("failing"): calls(3, 3, failed=1),
        source_id("silent"): [CallPoint(NOW - timedelta(hours=25), 5, True)],
    }
    assert [one.name for one in series(sources, recent, NOW)] == ["failing", "slow", "quick"]


def test_thinning_keeps_every_failure_and_the_newest_call() -> None:
    many = calls(*range(288), failed=0)
    many[7] = CallPoint(many[7].ts, 7, False)
    kept = thinned(many, 48)
    assert many[7] in kept
    assert many[-1] in kept
    assert len(kept) <= 50


def test_more_sources_than_lines_are_told(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.sources = {source_id(f"s{i}"): make_source(f"s{i}") for i in range(SERIES_MAX + 1)}
    assert "۱۲ منبع از ۱۳ منبع" in texts(open_page("health"))


@pytest.mark.parametrize(("low", "top"), [(0.0, 0.0), (3, 9), (0.4, 15_000), (10, 10), (1, 100)])
def test_a_logarithmic_scale_holds_the_values_between_its_ends(low: float, top: float) -> None:
    values = log_scale(low, top)
    assert values[0] <= max(low, 0.1)
    assert values[-1] >= top
    assert values == sorted(set(values))
    assert 2 <= len(values) <= 8
