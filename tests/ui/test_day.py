"""Days chosen in the reader's calendar: for charts, the trail, and the parameters of saved queries."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from streamlit.testing.v1 import AppTest

from core.i18n import jalali
from core.models import SourceDraft
from tests.ui.conftest import Open, texts
from tests.ui.fakes import FakeRuntime
from tests.ui.house import NEGAR, ORG, House
from tests.ui.samples import source_id

WELL = str(source_id("پروازها"))
TEHRAN = ZoneInfo("Asia/Tehran")
SHOP = SourceDraft("fake", "انبار", {"host": "there"})


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=TEHRAN)


def first_hour(day: date) -> datetime:
    """Half past midnight in Tehran is a whole hour of UTC."""
    return midnight(day) + timedelta(minutes=30)


def utc(day: date) -> datetime:
    """Stretches that are longer or older than hours are shown are whole days of UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def today() -> date:
    return datetime.now(TEHRAN).date()


def choose(app: AppTest, key: str, **parts: int) -> AppTest:
    for part, number in parts.items():
        app.selectbox(key=f"{key}_fa_{part}").select(number)
    return app.run()


def test_a_stretch_of_days_in_the_address_is_asked_for_and_shown_by_jalali_parts(
    open_page: Open, runtime: FakeRuntime
) -> None:
    asked = {"range": "custom", "from": "2026-03-20", "to": "2026-03-22"}
    app = open_page("source", source=WELL, tab="metrics", **asked)
    assert not app.exception
    assert runtime.history.asked[0] == (utc(date(2026, 3, 20)), utc(date(2026, 3, 23)))
    shown = [app.selectbox(key=f"history_from_fa_{part}").value for part in ("year", "month", "day")]
    assert shown == [1404, 12, 29]


def test_days_that_are_chosen_are_asked_for_and_stand_in_the_address(open_page: Open, runtime: FakeRuntime) -> None:
    app = open_page("health", range="custom")
    since, until = runtime.history.asked[-1]
    assert since == first_hour(today() - timedelta(days=6))
    assert until <= datetime.now(UTC)
    choose(app, "history_from", year=1405, month=1, day=1)
    choose(app, "history_to", year=1405, month=1)
    choose(app, "history_to", day=31)
    assert runtime.history.asked[-1] == (utc(date(2026, 3, 21)), utc(date(2026, 4, 21)))
    assert (app.query_params["from"], app.query_params["to"]) == ("2026-03-21", "2026-04-20")
    app.button_group[0].set_value("24h").run()
    assert "from" not in app.query_params


def test_a_shorter_month_has_its_own_last_day(open_page: Open, runtime: FakeRuntime) -> None:
    app = open_page("health", range="custom", **{"from": "2026-04-20"})  # 31 Farvardin
    choose(app, "history_from", month=7)
    assert app.selectbox(key="history_from_fa_day").value == 30
    assert runtime.history.asked[-1][0] == utc(date(2026, 10, 22))


@pytest.mark.parametrize(("lang", "said"), [("fa", "جای این دو عوض شد"), ("en", "the two were exchanged")])
def test_ends_in_the_wrong_order_are_exchanged_and_it_is_said(
    open_page: Open, runtime: FakeRuntime, lang: str, said: str
) -> None:
    app = open_page("health", range="custom", lang=lang, **{"from": "2026-04-02", "to": "2026-04-01"})
    assert said in texts(app)
    assert runtime.history.asked[-1] == (utc(date(2026, 4, 1)), utc(date(2026, 4, 3)))


def test_days_that_are_not_kept_are_cut_off_and_it_is_said(open_page: Open, runtime: FakeRuntime) -> None:
    app = open_page("health", range="custom", **{"from": "1979-01-01", "to": "2999-01-01"})
    assert not app.exception
    assert "بریده شد" in texts(app)
    since, until = runtime.history.asked[-1]
    assert since == utc(today() - timedelta(days=730))
    assert until <= datetime.now(UTC)


def test_english_has_the_calendar_of_the_browser(open_page: Open, runtime: FakeRuntime) -> None:
    app = open_page("health", range="custom", lang="en", **{"from": "2026-03-20", "to": "no day"})
    assert [each.value for each in app.date_input] == [date(2026, 3, 20), today()]
    app.date_input(key="history_to_en").set_value(date(2026, 3, 22)).run()
    assert runtime.history.asked[-1] == (utc(date(2026, 3, 20)), utc(date(2026, 3, 23)))


def test_chosen_days_take_the_moment_out_of_the_address(open_page: Open, runtime: FakeRuntime) -> None:
    asked = {"range": "custom", "at": datetime.now(UTC).isoformat()}
    app = open_page("source", source=WELL, tab="metrics", **asked)
    assert "at" not in app.query_params
    assert not [button for button in app.button if button.key == "history_now"]


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00", "x"])
def test_a_moment_at_the_end_of_the_calendar_is_none(open_page: Open, runtime: FakeRuntime, at: str) -> None:
    app = open_page("source", source=WELL, tab="metrics", at=at)
    assert not app.exception
    assert abs(runtime.history.asked[0][1] - datetime.now(UTC)) < timedelta(minutes=5)


def test_the_trail_is_narrowed_to_chosen_days(house: House) -> None:
    house.run(house.runtime.sources.create(house.actor(), ORG, SHOP))
    app = house.open("admin", tab="audit")
    app.selectbox(key="trail_range_fa").select("custom").run()
    assert "<time " in texts(app)
    choose(app, "trail_from", year=1405, month=1, day=1)
    choose(app, "trail_to", year=1405, month=1, day=2)
    assert not app.exception
    assert "<time " not in texts(app)
    choose(app, "trail_to", **jalali.of(today())._asdict())
    assert "<time " in texts(app)


def test_other_days_of_the_trail_begin_with_their_newest_line(house: House) -> None:
    source = house.run(house.runtime.sources.create(house.actor(), ORG, SHOP))
    for number in range(60):
        house.run(house.runtime.sources.update(house.actor(), ORG, source.id, {"description": f"no {number}"}))
    app = house.open("admin", tab="audit")
    app.selectbox(key="trail_range_fa").select("custom").run()
    app.button(key="trail_older").click().run()
    assert "no 59" not in texts(app)
    choose(app, "trail_from", **jalali.of(today() - timedelta(days=3))._asdict())
    assert "no 59" in texts(app)


def test_a_date_of_a_saved_query_is_chosen_by_its_parts(house: House) -> None:
    config = {"host": "127.0.0.1", "port": 1, "database": "d", "user": "u"}
    source = house.run(house.runtime.sources.create(house.actor(), ORG, SourceDraft("postgres", "shop", config)))
    asked = {"sql": "SELECT 1 WHERE now() > $1", "args": [{"$param": "day"}]}
    draft = {"source_id": str(source.id), "params": asked, "parameters": {"day": "date"}}
    made = house.run(house.runtime.queries.save(house.actor(NEGAR), ORG, draft | {"name": "روز", "shared": True}))
    app = house.open("playground", NEGAR, source=str(made.source_id))
    app.selectbox(key=f"query_{made.source_id}_fa").select(made.id).run()
    app.button(key="query_use").click().run()
    assert "day" in " ".join(error.value for error in app.error)
    choose(app, f"ltr_query_{made.id}_day", year=1404, month=12, day=29)
    app.button(key="query_use").click().run()
    assert '"2026-03-20"' in app.text_area(key=f"ltr_params_{made.source_id}").value
