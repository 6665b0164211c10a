"""One source."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from core.models import Actor, BreakerState, Maintenance, Note, Proof, Role, Status
from core.settings import STATIC_DIR
from tests.ui.conftest import Open, texts
from tests.ui.fakes import FakeRuntime
from tests.ui.samples import make_source, source_id

WELL, SUSPENDED, UNKNOWN = (str(source_id(name)) for name in ("پروازها", "انبار مشهد", "بایگانی"))


def test_a_suspended_source_says_what_since_when_why_and_what_to_do(open_page: Open) -> None:
    said = texts(open_page("source", source=SUSPENDED))
    assert "اتصال موقتاً تعلیق شد؛ چند ثانیه دیگر تلاش کنید." in said
    assert "تلاش بعدی تا ۱۸ ثانیه دیگر." in said
    assert "علت" in said
    assert "چه باید کرد" in said
    assert "۲ ساعت پیش" in said


@pytest.mark.parametrize(
    ("by", "said"), [(Proof.SCHEDULED, "اثبات: همین حالا، بررسی زمان‌بندی‌شده"), (None, "اثبات: همین حالا")]
)
def test_the_header_says_when_and_by_what_the_status_was_proven(
    open_page: Open, runtime: FakeRuntime, by: Proof | None, said: str
) -> None:
    source = replace(make_source("پایانه"), evidence_ts=datetime.now(UTC), evidence_by=by)
    runtime.sources.sources = {source.id: source}
    assert said in texts(open_page("source", source=str(source.id))).splitlines()


def test_the_header_says_that_nothing_was_proven(open_page: Open) -> None:
    assert "هنوز اثباتی برای وضعیت این منبع نیست." in texts(open_page("source", source=UNKNOWN))


def test_a_healthy_source_has_no_box(open_page: Open) -> None:
    assert "چه باید کرد" not in texts(open_page("source", source=WELL))


def test_no_secret_is_on_the_page(open_page: Open) -> None:
    said = texts(open_page("source", source=WELL))
    assert "10.4.1.20" in said
    assert "وارد شده، پنهان" in said


REST = {
    "base_url": "https://api.example.ir/v2",
    "auth": {"type": "basic", "username": "reader", "password": {"set": True}},
    "headers": {"X-Team": "data", "X-Api-Key": {"set": True}},
    "health_expect": ["200-299", "304"],
    "tls_verify": True,
    "ca_pem": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "health_path": None,
}


def test_nested_settings_are_facts_without_secrets(open_page: Open, runtime: FakeRuntime) -> None:
    source = make_source("پایانه", kind="rest", config=REST)
    runtime.sources.sources = {source.id: source}
    app = open_page("source", source=str(source.id), lang="en")
    assert not app.exception
    said = texts(app)
    assert re.search(r"<bdi[^>]*>[^<]+ · [^<]+ reader · [^<]+ •••</bdi>", said)
    for fact in ("X-Team data · X-Api-Key •••", "200-299, 304", "Yes", "BEGIN CERTIFICATE----- …"):
        assert fact in said
    for hidden in ("set", "{", "None", "MIIB"):
        assert f">{hidden}" not in said
        assert f"{hidden}<" not in said


@pytest.mark.parametrize("kind", ["postgres", "rest", "mongodb", "graphql", "s3", "elsewhere"])
def test_a_kind_shows_its_own_mark(open_page: Open, runtime: FakeRuntime, kind: str) -> None:
    source = make_source("پایانه", kind=kind)
    runtime.sources.sources = {source.id: source}
    icon = "source" if kind == "elsewhere" else kind
    assert f"/assets/icons/{icon}.svg" in texts(open_page("source", source=str(source.id)))
    assert (STATIC_DIR / "icons" / f"{icon}.svg").is_file()


@pytest.mark.parametrize("tab", ["metrics", "playground", "overview"])
def test_a_tab_can_be_linked_to(open_page: Open, tab: str) -> None:
    app = open_page("source", source=WELL, tab=tab)
    assert not app.exception
    marks = {"metrics": "میانگین تأخیر", "playground": "پارامترها (JSON)", "overview": "مشخصات"}
    said = texts(app) + "".join(area.label for area in app.text_area)
    assert [name for name, mark in marks.items() if mark in said] == [tab]


def test_the_metrics_chart_says_what_it_shows(open_page: Open) -> None:
    said = texts(open_page("source", source=WELL, tab="metrics", lang="en"))
    assert "240 calls, all of which succeeded." in said


def test_the_range_of_the_metrics_stands_in_the_address(open_page: Open, runtime: FakeRuntime) -> None:
    app = open_page("source", source=WELL, tab="metrics", range="7d")
    assert not app.exception
    since, until = runtime.history.asked[0]
    assert until - since == timedelta(days=7)


def test_a_moment_in_the_address_is_in_the_middle_of_the_range(open_page: Open, runtime: FakeRuntime) -> None:
    at = datetime(2026, 3, 21, 8, 30, tzinfo=UTC)
    app = open_page("source", source=WELL, tab="metrics", at=at.isoformat())
    assert runtime.history.asked[0] == (at - timedelta(hours=12), at + timedelta(hours=12))
    assert "پیرامون" in texts(app)
    runtime.history.asked.clear()
    app.button(key="history_now").click().run()
    assert runtime.history.asked[0][1] > at + timedelta(days=1)


def test_a_range_that_is_over_does_not_advise_a_check(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.history.began = datetime.now(UTC) - timedelta(hours=1)
    said = texts(open_page("source", source=WELL, tab="metrics", at="2026-03-21T08:30:00Z", lang="en"))
    assert "Choose other days or a longer range." in said
    runtime.history.began = datetime.now(UTC) + timedelta(hours=1)
    assert "press “Check”" in texts(open_page("source", source=WELL, tab="metrics", lang="en"))


@pytest.mark.parametrize("at", ["", "yesterday", "2026-03-21T08:30:00", "0001-01-01T00:00:00+23:00"])
def test_a_moment_that_is_none_is_now(open_page: Open, runtime: FakeRuntime, at: str) -> None:
    assert not open_page("source", source=WELL, tab="metrics", at=at).exception
    assert runtime.history.asked[0][1] > datetime.now(UTC) - timedelta(days=1)


def test_the_week_before_lies_behind_the_figures(open_page: Open, runtime: FakeRuntime) -> None:
    app = open_page("source", source=WELL, tab="metrics", lang="en")
    (since, until), then = runtime.history.asked
    assert then == (since - timedelta(days=7), until - timedelta(days=7))
    assert "A week before: 240 calls, all of which succeeded." in texts(app)
    spec = json.loads(app.get("plotly_chart")[0].proto.spec)
    lines = {trace["name"]: trace for trace in spec["data"]}
    assert lines["p50 a week before"]["line"]["dash"] == "dash"
    assert lines["p50 a week before"]["x"] == lines["p50"]["x"]
    assert spec["data"][0]["name"] == "p50 a week before"
    assert set(app.dataframe[0].value["before"]) == {"11.0 ms"}


def test_without_calls_a_week_before_nothing_is_said_of_it(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.history.began = datetime.now(UTC) - timedelta(days=3)
    app = open_page("source", source=WELL, tab="metrics", lang="en")
    assert not app.exception
    assert len(runtime.history.asked) == 2
    assert "week before" not in texts(app) + app.get("plotly_chart")[0].proto.spec


@pytest.mark.parametrize(("age_days", "span"), [(3, "24h"), (400, "90d")])
def test_a_young_source_and_a_long_range_ask_for_no_week_before(
    open_page: Open, runtime: FakeRuntime, age_days: int, span: str
) -> None:
    source = make_source("پایانه", created_at=datetime.now(UTC) - timedelta(days=age_days))
    runtime.sources.sources = {source.id: source}
    assert not open_page("source", source=str(source.id), tab="metrics", range=span).exception
    assert len(runtime.history.asked) == 1


def test_its_checks_are_paused_and_go_on_with_one_press(open_page: Open, runtime: FakeRuntime) -> None:
    app = open_page("source", source=WELL, lang="en")
    assert app.button(key="source_pause").label == "Pause checks"
    app.button(key="source_pause").click().run()
    assert app.toast[0].value == "Checks of 1 source paused."
    assert app.button(key="source_resume").label == "Resume checks"
    app.button(key="source_resume").click().run()
    assert not app.exception
    changes = [call[1] for call in runtime.sources.calls if call[0] == "update"]
    assert changes == [{"paused": True}, {"paused": False}]


def test_a_press_after_somebody_elses_does_not_do_the_opposite(open_page: Open, runtime: FakeRuntime) -> None:
    app = open_page("source", source=WELL)
    runtime.sources.sources[source_id("پروازها")] = replace(runtime.sources.sources[source_id("پروازها")], paused=True)
    app.button(key="source_pause").click().run()
    assert not app.exception
    assert [call for call in runtime.sources.calls if call[0] == "update"] == []


def test_a_viewer_is_offered_no_pause(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.access.actor = Actor("نگار", {"main": Role.ANALYST})
    assert "source_pause" not in [button.key for button in open_page("source", source=WELL).button]


def test_a_source_is_copied_from_its_page(open_page: Open) -> None:
    app = open_page("source", source=WELL)
    app.button(key="source_clone").click().run()
    assert not app.exception
    assert app.query_params["from"] in (WELL, [WELL])
    assert app.text_input(key=f"ltr_postgres_host_{WELL[:8]}").value == "10.4.1.20"


def test_an_analyst_is_offered_no_copy(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.access.actor = Actor("نگار", {"main": Role.ANALYST})
    assert "source_clone" not in [button.key for button in open_page("source", source=WELL).button]


def test_the_metrics_show_all_seven_figures(open_page: Open) -> None:
    said = texts(open_page("source", source=WELL, tab="metrics", lang="en"))
    for label in ("Calls", "Errors", "Average latency", "p95", "Last OK", "Last error", "Connection state"):
        assert label in said
    for period in ("since the source was added", "the last minute counts most", "of recent calls"):
        assert period in said


def test_a_source_without_calls_says_how_to_make_one(open_page: Open) -> None:
    assert "هنوز فراخوانی‌ای نبوده است" in texts(open_page("source", source=UNKNOWN, tab="metrics"))


def test_a_ping_shows_what_came_back(open_page: Open, runtime: FakeRuntime) -> None:
    app = open_page("source", source=WELL)
    app.button(key="source_ping").click().run()
    assert ("ping", "پروازها") in runtime.sources.calls
    assert "«پروازها» در ۱۲٫۳ میلی‌ثانیه پاسخ داد" in texts(app)


def test_a_refused_ping_says_that_the_connection_is_suspended(open_page: Open) -> None:
    app = open_page("source", source=SUSPENDED)
    app.button(key="source_ping").click().run()
    assert not app.exception
    assert "موفق نبود" in texts(app)


def test_a_failed_ping_of_a_source_in_error_shows_both_boxes(open_page: Open) -> None:
    app = open_page("source", source=str(source_id("پایانهٔ پرداخت")))
    app.button(key="source_ping").click().run()
    assert not app.exception
    assert "موفق نبود" in texts(app)
    assert "چه باید کرد" in texts(app)


def _dialog(form: str, name: str) -> None:
    """What stands in a dialog, as a script: the test runner does not rerun dialogs by themselves."""
    from tests.ui.samples import source_id
    from ui import edit
    from ui.runtime import runtime
    from ui.session import words

    getattr(edit, form)(runtime().sources.sources[source_id(name)], words())


def test_an_edit_carries_what_was_changed_and_the_version_that_was_seen(runtime: FakeRuntime) -> None:
    app = AppTest.from_function(_dialog, args=("edit_form", "پروازها"), default_timeout=60).run()
    app.text_input(key="edit_name").input("پروازهای تازه")
    app.text_input(key="edit_tags").input("پرواز، شب")
    app.button(key="edit_save").click().run()
    changes = {"name": "پروازهای تازه", "tags": ["پرواز", "شب"]}
    assert ("update", changes, 1) in runtime.sources.calls


def test_thresholds_of_its_own_are_edited(runtime: FakeRuntime) -> None:
    app = AppTest.from_function(_dialog, args=("edit_form", "پروازها"), default_timeout=60).run()
    assert (app.number_input(key="edit_threshold").value, app.number_input(key="edit_timeout").value) == (5, 30)
    app.number_input(key="edit_threshold").set_value(2)
    app.number_input(key="edit_timeout").set_value(7.5)
    app.button(key="edit_save").click().run()
    [(_, changes, version)] = [call for call in runtime.sources.calls if call[0] == "update"]
    assert changes["breaker"] == {"failure_threshold": 2, "timeout_seconds": 7.5}
    assert version == 1


def test_when_it_is_checked_is_edited(runtime: FakeRuntime) -> None:
    app = AppTest.from_function(_dialog, args=("edit_form", "پروازها"), default_timeout=60).run()
    app.number_input(key="edit_interval").set_value(300)
    app.selectbox(key="edit_maintenance").set_value("two_hours")
    app.button(key="edit_save").click().run()
    [(_, changes, _version)] = [call for call in runtime.sources.calls if call[0] == "update"]
    assert changes["check_interval_s"] == 300
    window = {name: datetime.fromisoformat(ts) for name, ts in changes["maintenance"].items()}
    assert window["until"] - window["from"] == timedelta(hours=2)


def test_a_maintenance_is_shown_and_can_be_ended(runtime: FakeRuntime, open_page: Open) -> None:
    now = datetime.now(UTC)
    well = source_id("پروازها")
    runtime.sources.sources[well] = replace(
        runtime.sources.sources[well], maintenance=Maintenance(now, now + timedelta(hours=1))
    )
    assert "در حال تعمیر تا" in texts(open_page("source", source=WELL))
    app = AppTest.from_function(_dialog, args=("edit_form", "پروازها"), default_timeout=60).run()
    app.selectbox(key="edit_maintenance").set_value("end")
    app.button(key="edit_save").click().run()
    [(_, changes, _version)] = [call for call in runtime.sources.calls if call[0] == "update"]
    assert changes["maintenance"] is None


NOW = datetime.now(UTC)
NOTE = Note("تعمیر پایگاه داده", "مینا", NOW - timedelta(hours=3, minutes=10), NOW + timedelta(days=3))


def _noted(runtime: FakeRuntime, note: Note | None) -> None:
    well = source_id("پروازها")
    runtime.sources.sources[well] = replace(runtime.sources.sources[well], note=note)


def test_a_note_says_what_who_and_until_when(runtime: FakeRuntime, open_page: Open) -> None:
    _noted(runtime, NOTE)
    said = texts(open_page("source", source=WELL))
    for word in ("تعمیر پایگاه داده", "نوشتهٔ", "مینا", "۳ ساعت پیش", "تا "):
        assert word in said


def test_a_note_whose_time_is_over_is_gone(runtime: FakeRuntime, open_page: Open) -> None:
    _noted(runtime, replace(NOTE, until=NOW - timedelta(seconds=1)))
    app = open_page("source", source=WELL)
    assert "تعمیر پایگاه داده" not in texts(app)
    assert app.button(key="note_write")


def test_a_note_is_written_and_its_end_is_chosen(runtime: FakeRuntime) -> None:
    app = AppTest.from_function(_note_dialog, args=("پروازها",), default_timeout=60).run()
    app.text_area(key="note_text").input("در حال تعمیر")
    app.selectbox(key="note_until").set_value("two_hours")
    before = datetime.now(UTC)
    app.button(key="note_go").click().run()
    [(_, changes, version)] = [call for call in runtime.sources.calls if call[0] == "update"]
    assert (changes["note"]["text"], version) == ("در حال تعمیر", None)
    assert datetime.fromisoformat(changes["note"]["until"]) - before >= timedelta(hours=2)


def test_a_note_that_is_changed_begins_with_what_stands_there(runtime: FakeRuntime) -> None:
    _noted(runtime, NOTE)
    app = AppTest.from_function(_note_dialog, args=("پروازها",), default_timeout=60).run()
    assert app.text_area(key="note_text").value == NOTE.text
    app.button(key="note_go").click().run()
    [(_, changes, _version)] = [call for call in runtime.sources.calls if call[0] == "update"]
    assert changes["note"] == {"text": NOTE.text}


def test_a_note_is_taken_away_with_one_press(runtime: FakeRuntime, open_page: Open) -> None:
    _noted(runtime, NOTE)
    open_page("source", source=WELL).button(key="note_take").click().run()
    [(_, changes, _version)] = [call for call in runtime.sources.calls if call[0] == "update"]
    assert changes == {"note": None}


def test_a_viewer_reads_a_note_and_may_not_touch_it(runtime: FakeRuntime, open_page: Open) -> None:
    _noted(runtime, NOTE)
    runtime.access.actor = Actor("نگار", {"main": Role.VIEWER})
    app = open_page("source", source=WELL)
    assert "تعمیر پایگاه داده" in texts(app)
    assert not {"note_take", "note_change", "note_write"} & {button.key for button in app.button}


def _note_dialog(name: str) -> None:
    from tests.ui.samples import source_id
    from ui import notes
    from ui.runtime import runtime
    from ui.session import words

    notes.write_form(runtime().sources.sources[source_id(name)], words())


def test_a_source_is_deleted_only_after_its_name_was_typed(runtime: FakeRuntime) -> None:
    app = AppTest.from_function(_dialog, args=("delete_form", "پروازها"), default_timeout=60).run()
    assert app.button(key="delete_go").disabled
    app.text_input(key="delete_name").input("پرواز").run()
    assert app.button(key="delete_go").disabled
    app.text_input(key="delete_name").input("پروازها").run()
    app.button(key="delete_go").click().run()
    assert ("delete", source_id("پروازها")) in runtime.sources.calls


@pytest.mark.parametrize("typed", ["\u2068پروازها\u2069", " پروازها ", "پرواز\u200fها"])
def test_a_name_that_was_copied_off_the_page_is_the_name(runtime: FakeRuntime, typed: str) -> None:
    app = AppTest.from_function(_dialog, args=("delete_form", "پروازها"), default_timeout=60).run()
    app.text_input(key="delete_name").input(typed).run()
    assert not app.button(key="delete_go").disabled


def test_the_answer_of_another_source_is_not_shown(open_page: Open) -> None:
    app = open_page("source", source=WELL)
    app.button(key="source_ping").click().run()
    answered = "در ۱۲٫۳ میلی‌ثانیه پاسخ داد"
    assert answered in texts(app)
    app.query_params["source"] = str(source_id("فرودگاه‌ها"))
    assert answered not in texts(app.run())


def test_a_viewer_sees_the_source_and_may_change_nothing(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.access.actor = Actor("نگار", {"main": Role.VIEWER})
    app = open_page("source", source=WELL, tab="playground")
    assert not {"source_ping", "source_edit", "source_delete", "run"} & {button.key for button in app.button}
    assert "نقش تحلیلگر" in texts(app)


@pytest.mark.parametrize("asked", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_a_source_that_is_not_there_is_a_box_and_no_traceback(open_page: Open, asked: str) -> None:
    app = open_page("source", source=asked)
    assert not app.exception
    assert "چنین چیزی وجود ندارد" in texts(app)


def test_a_page_without_a_source_points_to_the_list(open_page: Open) -> None:
    assert "کدام منبع؟" in texts(open_page("source"))


def test_a_probe_under_way_and_a_hold_by_a_person_are_told_apart(open_page: Open, runtime: FakeRuntime) -> None:
    held = make_source("پروازها", Status.SUSPENDED)
    for breaker, sentence in ((BreakerState.HALF_OPEN, "در حال آزمایش"), (BreakerState.FORCED_OPEN, "به‌صورت دستی")):
        runtime.sources.sources[held.id] = make_source("پروازها", Status.SUSPENDED, breaker_state=breaker)
        assert sentence in texts(open_page("source", source=WELL))
