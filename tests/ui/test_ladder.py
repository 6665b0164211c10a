"""The ladder on a source's page, and the live test of the wizard."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import AuthError
from core.models import STEPS, Actor, Change, Check, CheckStatus, Ladder, Message, Role
from tests.ui.conftest import Open, texts
from tests.ui.fakes import FakeRuntime
from tests.ui.samples import source_id
from tests.ui.test_add_page import filled
from ui import state

WELL, SICK = source_id("پروازها"), source_id("پایانهٔ پرداخت")
NOW, DAY = datetime.now(UTC), timedelta(days=1)
ERROR = AuthError("password", user="reader", host="db")
HELD = tuple(Check(step, CheckStatus.OK, 1.0) for step in STEPS)
BROKEN = (
    *HELD[:5],
    Check("auth", CheckStatus.FAILED, 8.0, ERROR.message, ERROR.advice, ("config.password",)),
    *(Check(step, CheckStatus.SKIPPED, 0.0, Message("check.skipped_after", {"step": "auth"})) for step in STEPS[6:]),
)
MOVED = Change("dns", Message("change.addresses", {"before": "10.0.0.1", "after": "10.0.0.9"}))


def test_a_source_that_was_never_diagnosed_says_what_the_button_does(open_page: Open) -> None:
    app = open_page("source", source=str(WELL))
    assert not app.exception
    assert app.button(key="climb").label == "عیب‌یابی"
    assert "هنوز عیب‌یابی نشده است" in texts(app)


def test_a_broken_ladder_shows_where_it_stops_what_to_do_and_what_changed(
    open_page: Open, runtime: FakeRuntime
) -> None:
    good_at = NOW - timedelta(days=1)
    runtime.sources.ladders[WELL] = Ladder(BROKEN, NOW, (MOVED,), good_at)
    app = open_page("source", source=str(WELL))
    assert not app.exception
    said = texts(app)
    for words in ("توقف در", "ورود به منبع", "گذرواژه", "نام اکنون به نشانی دیگری می‌رسد", "۱ روز پیش"):
        assert words in said


@pytest.mark.parametrize(
    ("climbed", "outdated", "told"),
    [
        (timedelta(0), False, True),
        (timedelta(hours=-1), False, True),
        (timedelta(0), True, False),
        (-DAY, False, False),
    ],
)
def test_the_box_says_what_changed_where_that_was_found_in_this_trouble(
    open_page: Open, runtime: FakeRuntime, climbed: timedelta, outdated: bool, told: bool
) -> None:
    """The source was last well two hours ago."""
    runtime.sources.ladders[SICK] = Ladder(BROKEN, NOW + climbed, (MOVED,), NOW - DAY, outdated)
    said = texts(open_page("source", source=str(SICK), tab="metrics"))
    assert ("چه تغییر کرده است" in said and "نام اکنون به نشانی دیگری می‌رسد" in said) is told


def test_a_broken_ladder_without_differences_says_so(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.ladders[WELL] = Ladder(BROKEN, NOW, (), NOW)
    assert "چیزی که از اینجا دیده شود تغییر نکرده" in texts(open_page("source", source=str(WELL)))


def test_what_was_climbed_with_older_settings_says_so(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.ladders[WELL] = Ladder(HELD, NOW, outdated=True, good_at=NOW)
    assert "تنظیمات پس از آن تغییر کرده" in texts(open_page("source", source=str(WELL)))


def test_a_press_climbs_and_the_end_is_shown(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.ladders[WELL] = Ladder(HELD, NOW, good_at=NOW)
    app = open_page("source", source=str(WELL))
    app.button(key="climb").click().run()
    assert not app.exception
    assert "همهٔ گام‌ها درست بود" in texts(app)
    assert state.CLIMB not in app.session_state
    assert len(runtime.sources.climbs) == 1


def test_rungs_are_shown_as_they_are_climbed_and_it_can_be_stopped(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.ladders[WELL] = Ladder(HELD, NOW, good_at=NOW)
    runtime.sources.pace_s = 3600
    app = open_page("source", source=str(WELL))
    app.button(key="climb").click().run()
    assert app.button(key="climb").disabled
    said = texts(app)
    assert ":material/progress_activity:" in said
    assert "خواندن نمونه" in said
    app.button(key="climb_cancel").click().run()
    (job,) = runtime.sources.climbs.values()
    assert job.cancelled
    app.run()
    assert not app.button(key="climb").disabled


def test_a_climb_goes_on_only_while_its_page_is_shown(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.ladders[WELL] = Ladder(HELD, NOW, good_at=NOW)
    runtime.sources.pace_s = 3600
    app = open_page("source", source=str(WELL))
    app.button(key="climb").click().run()
    (job,) = runtime.sources.climbs.values()
    assert job.alive
    assert job.alive()
    app.switch_page("../pages/health.py").run()
    assert not job.alive()
    assert state.CLIMB not in app.session_state


def test_too_soon_says_when(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.busy = True
    app = open_page("source", source=str(WELL))
    app.button(key="climb").click().run()
    assert not app.exception
    assert "همین چند لحظه پیش این منبع عیب‌یابی شد" in texts(app)


def test_a_viewer_sees_the_last_one_and_no_button(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.ladders[WELL] = Ladder(BROKEN, NOW, (MOVED,), NOW)
    runtime.access.actor = Actor("نگار", {"main": Role.VIEWER})
    app = open_page("source", source=str(WELL))
    assert "توقف در" in texts(app)
    assert "climb" not in [button.key for button in app.button]


def test_facts_of_a_rung_are_shown(open_page: Open, runtime: FakeRuntime) -> None:
    shown = replace(HELD[-1], facts={"command": "SELECT * FROM t", "certificate": "ab" * 32})
    runtime.sources.ladders[WELL] = Ladder((*HELD[:-1], shown), NOW, good_at=NOW)
    said = texts(open_page("source", source=str(WELL), lang="en"))
    assert r"Ran SELECT \* FROM t" in said
    assert "ab" * 32 in said


def test_the_wizard_shows_its_test_rung_by_rung_and_lets_one_go_back(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.pace_s = 3600
    app = filled(open_page("add"))
    assert not app.exception
    assert ":material/progress_activity:" in texts(app)
    assert "add_create" not in [button.key for button in app.button]
    (job,) = runtime.sources.climbs.values()
    app.button(key="add_stop").click().run()
    assert job.cancelled
    assert app.button(key="add_continue")
    assert app.text_input(key="ltr_postgres_host").value == "db.example.com"


def test_the_wizards_test_ends_when_its_page_is_left(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.pace_s = 3600
    app = filled(open_page("add"))
    (job,) = runtime.sources.climbs.values()
    assert job.alive
    app.switch_page("../pages/health.py").run()
    assert not job.alive()
    assert state.TRIAL not in app.session_state


def test_the_wizard_names_the_field_at_fault_beside_what_was_entered(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.test_works = False
    beside = [text.value for text in filled(open_page("add")).markdown if text.value.startswith(":material/error:")]
    assert len(beside) == 2
    assert any("گذرواژه" in text for text in beside)


def test_too_many_tests_at_once_can_be_tried_again(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.busy = True
    app = filled(open_page("add"))
    assert not app.exception
    assert "در حال آزمایش است" in texts(app)
    runtime.sources.busy = False
    app.button(key="add_again").click().run()
    assert "اتصال برقرار است" in texts(app)
