"""The list of sources."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.i18n import translator
from core.models import Actor, Message, PingAllView, Role, Status
from tests.ui.conftest import Open, texts
from tests.ui.fakes import FakeRuntime
from tests.ui.samples import make_source, source_id
from ui import listing, state, table_rows
from ui.runtime import run

MORNING = datetime(2026, 11, 22, 3, tzinfo=UTC)
"""06:30 in Tehran: seven hours before, it was still the day before there."""


def names(app: AppTest) -> list[str]:
    return list(app.dataframe[0].value["name"])


def test_the_worst_sources_come_first(open_page: Open) -> None:
    app = open_page()
    assert not app.exception
    assert list(app.dataframe[0].value["status"].map(lambda cell: cell[0])) == [
        "خطا",
        "تعلیق",
        "نامشخص",
        "سالم",
        "سالم",
        "سالم",
    ]


def test_the_tiles_count_by_status(open_page: Open) -> None:
    said = texts(open_page())
    assert "<div class='figure'>۳" in said
    assert "سازمان نمونه · ۶ منبع" in said


@pytest.mark.parametrize(
    ("paused", "said"), [({"بایگانی"}, "1 paused"), ({"بایگانی", "انبار مشهد"}, "1 paused"), (set(), "without recent")]
)
def test_what_somebody_paused_says_so(open_page: Open, runtime: FakeRuntime, paused: set[str], said: str) -> None:
    for key, source in runtime.sources.sources.items():
        runtime.sources.sources[key] = replace(source, paused=source.name in paused)
    app = open_page("sources", lang="en")
    assert said in texts(app)
    words = dict(zip(app.dataframe[0].value["name"], app.dataframe[0].value["status"], strict=True))
    assert list(words["بایگانی"]) == ["Paused" if paused else "Unknown"]
    assert list(words["انبار مشهد"]) == ["Suspended"]


def test_english_is_a_switch_away(open_page: Open) -> None:
    app = open_page(lang="en")
    assert app.title[0].value == "Data sources"
    assert (
        app.dataframe[0].value["last_ok"].iloc[-1].endswith("2026")
        or "ago" in app.dataframe[0].value["last_ok"].iloc[-1]
    )


def test_a_source_that_never_answered_says_so(open_page: Open) -> None:
    row = open_page().dataframe[0].value.query("name == 'بایگانی'").iloc[0]
    assert (row["last_ok"], row["p95"], row["errors"]) == ("هرگز", "—", "—")


@pytest.mark.parametrize(
    ("lang", "when", "cell"),
    [
        ("fa", MORNING - timedelta(minutes=3), "۳ دقیقه پیش · ۱ آذر ۱۴۰۵"),
        ("fa", MORNING - timedelta(hours=7), "۷ ساعت پیش · ۳۰ آبان ۱۴۰۵"),
        ("fa", datetime(2024, 3, 19, 21, tzinfo=UTC), "۱ فروردین ۱۴۰۳"),
        ("en", MORNING - timedelta(minutes=3), "3 minutes ago · 22 Nov 2026"),
    ],
)
def test_the_last_ok_is_told_in_the_readers_calendar(lang: str, when: datetime, cell: str) -> None:
    assert table_rows.last_ok(when, translator(lang), MORNING) == cell


def test_a_last_ok_of_long_ago_is_a_jalali_date_in_its_column(open_page: Open, runtime: FakeRuntime) -> None:
    new_year = datetime(2024, 3, 19, 21, tzinfo=UTC)
    source = make_source("پروازها")
    figures = replace(source.figures, last_ok_ts=new_year)
    runtime.sources.sources = {source.id: replace(source, figures=figures)}
    assert list(open_page().dataframe[0].value["last_ok"]) == ["۱ فروردین ۱۴۰۳"]


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_the_columns_stand_in_the_order_of_reading(open_page: Open, lang: str) -> None:
    order = list(open_page(lang=lang).dataframe[0].proto.column_order)
    reading = ["status", "name", "kind", "last_ok", "p95", "errors", "recent", "ping"]
    assert order == (reading[::-1] if lang == "fa" else reading)


def test_the_order_stays_until_the_person_refreshes(open_page: Open, runtime: FakeRuntime) -> None:
    app = open_page()
    before = names(app)
    healed = source_id("پایانهٔ پرداخت")
    runtime.sources.sources[healed] = make_source("پایانهٔ پرداخت", Status.HEALTHY)
    assert names(app.run()) == before
    assert names(app.button(key="sources_refresh").click().run())[0] == "انبار مشهد"


def test_the_search_narrows_the_table_and_keeps_the_tiles(open_page: Open) -> None:
    app = open_page()
    app.text_input(key=state.SEARCH).input("پرواز").run()
    assert names(app) == ["پروازها"]
    assert "<div class='figure'>۳" in texts(app)


def test_the_status_filter_narrows_the_table(open_page: Open) -> None:
    app = open_page()
    app.selectbox(key=state.in_words(state.STATUS, "fa")).select("suspended").run()
    assert names(app) == ["انبار مشهد"]


def test_when_nothing_fits_the_filters_can_be_cleared(open_page: Open) -> None:
    app = open_page()
    app.text_input(key=state.SEARCH).input("هیچ‌چیز").run()
    assert not app.dataframe
    app.button(key="clear_filters").click().run()
    assert len(names(app)) == 6


def test_an_organisation_without_sources_is_shown_the_next_step(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.sources.clear()
    app = open_page()
    assert "هنوز منبعی ندارید" in texts(app)
    assert app.button(key="first_source")


def test_a_viewer_is_offered_neither_pings_nor_adding(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.access.actor = Actor("نگار", {"main": Role.VIEWER})
    app = open_page()
    assert "ping" not in app.dataframe[0].value
    assert "ping_all" not in [button.key for button in app.button]


def test_ping_all_shows_how_far_it_is_and_can_be_stopped(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.pace_s = 3600.0
    app = open_page()
    app.button(key="ping_all").click().run()
    assert app.button(key="ping_all").disabled
    app.button(key="ping_all_cancel").click().run()
    (job,) = runtime.sources.jobs.values()
    assert job.cancelled
    app.run()
    assert "پس از بررسی ۰ منبع از ۶ متوقف شد" in texts(app)


def test_ping_all_ends_with_a_summary_that_can_be_dismissed(open_page: Open) -> None:
    app = open_page()
    app.button(key="ping_all").click().run()
    said = texts(app)
    assert "۶ منبع در" in said
    assert "۴ سالم، ۱ خطا، ۱ تعلیق" in said
    app.button(key="ping_all_dismiss").click().run()
    assert "۴ سالم، ۱ خطا، ۱ تعلیق" not in texts(app)


def test_no_sum_stands_over_a_list_that_was_read_before_the_end(
    open_page: Open, runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second thread of the same visit may see the end of the job while this one reads its list."""
    runtime.sources.pace_s = 3600.0
    app = open_page()
    app.button(key="ping_all").click().run()
    (job,) = runtime.sources.jobs.values()
    mended = make_source("انبار مشهد", Status.HEALTHY)

    def overtaken(*asked: Any) -> Coroutine[Any, Any, listing.Listing]:
        found = run(load(*asked))
        if state.JOB in st.session_state:
            job.cancel()
            runtime.sources.sources[mended.id] = mended
            st.session_state[state.SUMMARY] = job.view()
            state.forget(state.JOB)
        return asyncio.sleep(0, found)

    load = listing.load
    monkeypatch.setattr(listing, "load", overtaken)
    app.run()
    shown = app.dataframe[0].value.set_index("name")["status"].map(lambda cell: cell[0])
    assert "پس از بررسی ۰ منبع از ۶ متوقف شد" in texts(app)
    assert shown["انبار مشهد"] == "سالم"


def test_a_summary_is_gone_after_the_page_was_left(open_page: Open) -> None:
    app = open_page()
    app.button(key="ping_all").click().run()
    assert isinstance(app.session_state[state.SUMMARY], PingAllView)
    app.switch_page("../pages/add.py").run()
    assert state.SUMMARY not in app.session_state


def test_leaving_the_page_tells_the_job_that_nobody_looks(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.pace_s = 3600.0
    app = open_page()
    app.button(key="ping_all").click().run()
    (job,) = runtime.sources.jobs.values()
    assert job.alive is not None
    assert job.alive()
    app.switch_page("../pages/add.py").run()
    assert not job.alive()


def test_a_name_is_shown_letter_by_letter(open_page: Open, runtime: FakeRuntime) -> None:
    odd = "**x** <b>[y](http://example.com)</b> :red[z] $a$"
    runtime.sources.sources = {source_id(odd): make_source(odd, message=Message.literal("<i>"))}
    app = open_page("source", source=str(source_id(odd)))
    assert not app.exception
    assert "[y](http" not in app.title[0].value
    assert ":red[" not in app.title[0].value


def test_what_changed_in_a_source_is_drawn_at_the_next_run(open_page: Open, runtime: FakeRuntime) -> None:
    source = make_source("پروازها")
    runtime.sources.sources = {source.id: source}
    app = open_page(lang="en")
    slower = replace(source, status=Status.ERROR, figures=replace(source.figures, p95_ms=1234.0))
    runtime.sources.sources = {source.id: slower}
    row = app.run().dataframe[0].value.iloc[0]
    assert (row["status"][0], row["p95"]) == ("Error", "1.2 s")


def test_a_viewers_table_has_no_buttons_after_an_analysts(open_page: Open, runtime: FakeRuntime) -> None:
    assert "ping" in open_page().dataframe[0].value
    runtime.access.actor = Actor("نگار", {"main": Role.VIEWER})
    assert "ping" not in open_page().dataframe[0].value
