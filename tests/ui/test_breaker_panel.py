"""The breaker on a source's page: where it stands, what a person set, the controls and the timeline."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import BreakerOpen
from core.i18n import translator
from core.models import (
    Actor,
    BreakerAction,
    BreakerState,
    Event,
    Hold,
    KeptSample,
    Role,
    Source,
    Status,
)
from tests.ui.conftest import Open, texts
from tests.ui.contents import FLIGHTS
from tests.ui.fakes import FakeRuntime
from tests.ui.samples import make_source, source_id

NAME = "پروازها"
WELL, SUSPENDED = str(source_id(NAME)), str(source_id("انبار مشهد"))
NOW = datetime.now(UTC)
EN = translator("en")
NOON = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
CONTROLS = {f"breaker_{action.value}" for action in BreakerAction}


def hold(action: BreakerAction) -> Hold:
    return Hold(action, "تعمیرات <b>شبانه</b>", "نگار", datetime.now(UTC) - timedelta(minutes=5, seconds=1), 1)


def put(runtime: FakeRuntime, status: Status = Status.SUSPENDED, **changes: Any) -> Source:
    source = make_source(NAME, status, **changes)
    runtime.sources.sources[source.id] = source
    return source


def present(app: AppTest) -> list[str]:
    """The marked states of the track."""
    return re.findall(r"<li class='at-(\w+)' aria-current=step>", texts(app))


@pytest.mark.parametrize("state", list(BreakerState))
@pytest.mark.parametrize("lang", ["fa", "en"])
def test_exactly_the_present_state_is_marked(
    open_page: Open, runtime: FakeRuntime, state: BreakerState, lang: str
) -> None:
    put(runtime, breaker_state=state)
    app = open_page("source", source=WELL, lang=lang)
    assert not app.exception
    assert present(app) == [state.value]


def test_an_open_one_says_since_when_why_and_how_long_still(open_page: Open, runtime: FakeRuntime) -> None:
    put(runtime, breaker_since=NOW - timedelta(seconds=12))
    app = open_page("source", source=WELL, lang="en")
    said = texts(app)
    assert "Nothing reaches the source now. Since " in said
    assert "Cause" in said
    assert "18 seconds" in said


def test_one_that_opened_on_another_day_says_which_and_how_many_days_ago(open_page: Open, runtime: FakeRuntime) -> None:
    since = NOW - timedelta(days=40)
    put(runtime, breaker_since=since, state_since=since)
    said = texts(open_page("source", source=WELL, lang="en"))
    told = f"Since {EN.datetime(since)} (40 days ago)."
    assert f"Nothing reaches the source now. {told}" in said
    assert said.count(told) == 2  # once more beside the cause


def test_failures_in_a_row_are_counted_in_sight(open_page: Open, runtime: FakeRuntime) -> None:
    put(runtime, Status.ERROR, failures=3)
    assert "۳ شکست پیاپی از ۵" in texts(open_page("source", source=WELL))


@pytest.mark.parametrize(
    ("action", "state", "sentence"),
    [
        (BreakerAction.FORCE_OPEN, BreakerState.FORCED_OPEN, "در تعلیق نگه داشته است"),
        (BreakerAction.DISABLE, BreakerState.DISABLED, "راه همهٔ فراخوانی‌ها را باز گذاشته است"),
    ],
)
def test_what_a_person_set_says_who_why_and_when(
    open_page: Open, runtime: FakeRuntime, action: BreakerAction, state: BreakerState, sentence: str
) -> None:
    put(runtime, breaker_state=state, hold=hold(action), retry_after_s=None)
    app = open_page("source", source=WELL)
    said = texts(app)
    assert all(part in said for part in ("نگار", "تعمیرات", "۵ دقیقه پیش", sentence))
    assert "<b>شبانه" not in said
    assert app.button(key=f"breaker_{action.value}").disabled


@pytest.mark.parametrize("role", list(Role))
def test_the_controls_are_an_editors(open_page: Open, runtime: FakeRuntime, role: Role) -> None:
    runtime.access.actor = Actor("نگار", {"main": role})
    keys = {button.key for button in open_page("source", source=WELL).button}
    assert keys & CONTROLS == (CONTROLS if role >= Role.EDITOR else set())


def _order_dialog(action: str, name: str) -> None:
    """What stands in the dialog, as a script: the test runner does not rerun dialogs by themselves."""
    from core.models import BreakerAction
    from tests.ui.samples import source_id
    from ui import breaker
    from ui.runtime import runtime
    from ui.session import words

    breaker.order_form(runtime().sources.sources[source_id(name)], BreakerAction(action), words())


@pytest.mark.parametrize("action", list(BreakerAction))
def test_an_order_needs_a_reason_and_is_given_with_it(runtime: FakeRuntime, action: BreakerAction) -> None:
    app = AppTest.from_function(_order_dialog, args=(action.value, NAME), default_timeout=60).run()
    app.text_input(key="breaker_reason").input("   ")
    app.button(key="breaker_go").click().run()
    assert "دلیل را بنویسید" in texts(app)
    assert not runtime.sources.calls
    app.text_input(key="breaker_reason").input(" تعمیرات ")
    app.button(key="breaker_go").click().run()
    assert runtime.sources.calls == [("set_breaker", action, "تعمیرات")]


def test_the_timeline_tells_every_kind_of_event_newest_first(open_page: Open, runtime: FakeRuntime) -> None:
    breaker = [
        Event(NOON - timedelta(days=1, seconds=-n), "breaker", {"from": before, "to": after})
        for n, (before, after) in enumerate([("closed", "open"), ("open", "half_open"), ("half_open", "closed")])
    ]
    said = {
        "action": "force_open",
        "actor": "نگار",
        "reason": "کار <i>شبانه</i>",
        "from": "closed",
        "to": "forced_open",
    }
    many = {"from": "half_open", "to": "open", "times": 14, "since": NOON.isoformat()}
    odd = Event(NOON, "<unknown>", {})
    turns = [
        Event(NOON, "incident", {"to": to, "incident": "u", "sources": n})
        for to, n in (("closed", 0), ("closed", 2), ("opened", 3), ("opened", 1))
    ]
    last = Event(NOON, "breaker", many), Event(NOON, "hold", said)
    runtime.sources.happened = (odd, *turns, *last, *reversed(breaker))
    shown = texts(open_page("source", source=WELL))
    wanted = [
        "&lt;unknown&gt;",
        "حادثه پایان یافت",
        "از حادثه بیرون آمد؛ ۲ منبع هنوز مشکل دارند",
        "به حادثه‌ای با ۳ منبع پیوست",
        "حادثه آغاز شد",
        "فراخوانی آزمایشی شکست خورد",
        "۱۴ بار از",
        "نگار اتصال را در تعلیق نگه داشت",
        "کار &lt;i&gt;شبانه&lt;/i&gt;",
        "فراخوانی آزمایشی پاسخ گرفت",
        "یک فراخوانی آزمایشی فرستاده شد",
        "شکست‌های پیاپی به حد رسید",
    ]
    places = [shown.find(words) for words in wanted]
    assert -1 not in places
    assert places == sorted(places)
    assert shown.count("class='day'") == 2


def test_what_began_days_before_is_told_with_its_date(open_page: Open, runtime: FakeRuntime) -> None:
    data = {"from": "half_open", "to": "open", "times": 288, "since": (NOON - timedelta(days=3)).isoformat()}
    runtime.sources.happened = (Event(NOON, "breaker", data),)
    assert "288 times since 19 Nov 2026, 12:00" in texts(open_page("source", source=WELL, lang="en"))


def test_older_events_are_folded_away_and_not_lost(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.happened = tuple(
        Event(NOW - timedelta(minutes=n), "status", {"status": "error"}) for n in range(30)
    )
    app = open_page("source", source=WELL)
    assert [expander.label for expander in app.expander] == ["۱۸ رویداد قدیمی‌تر"]
    assert texts(app).count("<time ") == 30


@pytest.mark.parametrize("page", ["playground", "source"])
def test_while_suspended_the_last_good_answer_is_shown_as_such(
    open_page: Open, runtime: FakeRuntime, page: str
) -> None:
    runtime.sources.kept[source_id("انبار مشهد")] = KeptSample(FLIGHTS, {"table": "public.flights"}, NOW)
    app = open_page(page, source=SUSPENDED, **({"tab": "playground"} if page == "source" else {}))
    assert not app.exception
    assert "آخرین پاسخ درست، از" in texts(app)
    assert "منبع در تعلیق است" in texts(app)
    assert any("public.flights" in code.value for code in app.code)
    assert app.dataframe[0].value.shape == (50, 4)
    assert not [call for call in runtime.sources.calls if call[0] == "sample"]


def test_a_run_that_the_breaker_refuses_falls_back_to_it(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.kept[source_id(NAME)] = KeptSample(FLIGHTS, {"table": "public.flights"}, NOW)
    app = open_page("playground", source=WELL)
    assert "آخرین پاسخ خوب" not in texts(app)
    runtime.sources.refuses = True
    app.button(key="run").click().run()
    assert "اتصال موقتاً تعلیق شد؛ چند ثانیه دیگر تلاش کنید." in texts(app)
    assert "آخرین پاسخ درست، از" in texts(app)


@pytest.mark.parametrize(("lang", "said", "wait"), [("fa", "از یک ویراستار", "۶۰"), ("en", "Ask an editor", "60 s")])
def test_a_run_that_a_person_has_ruled_out_is_promised_no_next_try(
    open_page: Open, runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch, lang: str, said: str, wait: str
) -> None:
    async def held(*_: Any) -> None:
        raise BreakerOpen(60.0, BreakerState.FORCED_OPEN)

    app = open_page("playground", source=WELL, lang=lang)
    monkeypatch.setattr(runtime.sources, "sample", held)
    app.button(key="run").click().run()
    assert said in texts(app)
    assert wait not in texts(app)


def test_without_one_it_says_so(open_page: Open) -> None:
    assert "پاسخ پیشینی برای نمایش نیست" in texts(open_page("playground", source=SUSPENDED))


def test_a_viewer_is_shown_no_data(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.kept[source_id("انبار مشهد")] = KeptSample(FLIGHTS, {}, NOW)
    runtime.access.actor = Actor("نگار", {"main": Role.VIEWER})
    app = open_page("playground", source=SUSPENDED)
    assert not app.dataframe
    assert "آخرین پاسخ خوب" not in texts(app)
