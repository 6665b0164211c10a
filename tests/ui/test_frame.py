"""Session, language, organisation, and the parts that need no page."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from core.i18n import LANGUAGES, translator
from core.models import Actor, Organisation, Role
from tests.ui.conftest import Open, texts
from tests.ui.fakes import FakeRuntime
from tests.ui.samples import source_id
from ui.axes import scale
from ui.frame import STREAMLIT_WORDS
from ui.page_help import POINTS
from ui.presence import Presence
from ui.widgets import plain


def left_by(app: AppTest) -> list[str]:
    """What stands on the page as HTML, scripts too."""
    return [element.proto.body for element in app.get("html")]


@pytest.mark.parametrize("page", ["sources", "add", "source"])
def test_nobody_sees_a_page_without_a_session(open_page: Open, runtime: FakeRuntime, page: str) -> None:
    runtime.access.actor = None
    app = open_page(page)
    assert not app.exception
    assert not app.title
    assert "وارد نشده‌اید" in texts(app)


@pytest.mark.parametrize(("lang", "words"), [("fa", "دسترسی به Redis قطع است"), ("en", "Redis is out of reach")])
def test_a_page_says_that_redis_is_out_of_reach_while_it_is(
    open_page: Open, runtime: FakeRuntime, lang: str, words: str
) -> None:
    app = open_page(lang=lang)
    assert words not in texts(app)
    runtime.redis_is_gone = True
    assert words in texts(app.run())
    runtime.access.actor = None
    assert words not in texts(app.run())


def test_a_session_that_ends_ends_the_page(open_page: Open, runtime: FakeRuntime) -> None:
    app = open_page()
    runtime.access.actor = None
    app.run()
    assert not app.dataframe


def test_a_person_without_an_organisation_is_told_whom_to_ask(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.access.actor = Actor("نگار", {})
    assert "عضو هیچ سازمانی نیستید" in texts(open_page())


def test_another_organisation_looks_as_if_it_did_not_exist(open_page: Open) -> None:
    app = open_page(org="other")
    assert "چنین چیزی وجود ندارد" in texts(app)
    assert not app.dataframe


def test_a_member_of_two_organisations_can_change_between_them(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.access.organisations += (Organisation(2, "second", "سازمان دوم"),)
    runtime.access.actor = Actor("مریم", {"main": Role.ADMIN, "second": Role.VIEWER})
    app = open_page()
    app.selectbox(key="organisation").select("second").run()
    (script,) = (each for each in left_by(app) if "cheshmeh_org" in each)
    assert "location.assign('?org=second')" in script
    assert "document.cookie = 'cheshmeh_org=second;" in script
    assert not app.dataframe


def test_of_a_source_one_changes_to_the_list_of_the_other_organisation(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.access.organisations += (Organisation(2, "second", "سازمان دوم"),)
    runtime.access.actor = Actor("مریم", {"main": Role.ADMIN, "second": Role.VIEWER})
    app = open_page("source")
    app.selectbox(key="organisation").select("second").run()
    assert any("location.assign('./?org=second')" in each for each in left_by(app))


def test_a_session_stays_in_the_organisation_that_it_began_in(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.access.organisations += (Organisation(2, "second", "سازمان دوم"),)
    runtime.access.actor = Actor("مریم", {"main": Role.ADMIN, "second": Role.ADMIN})
    app = open_page(org="second")
    app.query_params["org"] = "main"
    assert app.run().selectbox(key="organisation").value == "second"
    runtime.access.actor = Actor("مریم", {"main": Role.ADMIN})
    runtime.access.organisations = runtime.access.organisations[:1]
    del app.query_params["org"]
    assert "چنین چیزی وجود ندارد" in texts(app.run())
    assert not app.dataframe


def test_two_organisations_of_one_name_are_told_apart(open_page: Open, runtime: FakeRuntime) -> None:
    (first,) = runtime.access.organisations
    runtime.access.organisations += (Organisation(2, "second", first.name), Organisation(3, "third", "سوم"))
    runtime.access.actor = Actor("مریم", dict.fromkeys(("main", "second", "third"), Role.ADMIN))
    options = open_page().selectbox(key="organisation").options
    assert options == [f"{first.name} (main)", f"{first.name} (second)", "سوم"]


@pytest.mark.parametrize(("lang", "title"), [("fa", "منبع‌های داده"), ("en", "Data sources")])
def test_the_address_chooses_the_language(open_page: Open, lang: str, title: str) -> None:
    assert open_page(lang=lang).title[0].value == title


def test_an_unknown_language_is_ignored(open_page: Open) -> None:
    assert open_page(lang="../../x").title[0].value == "منبع‌های داده"


def test_a_session_looks_at_the_page_of_its_last_run_while_it_lives() -> None:
    living = {"a", "b"}
    presence = Presence(living.__contains__)
    presence.note("a", "sources")
    presence.note("b", "add")
    assert presence.looks_at("a", "sources")
    assert not presence.looks_at("b", "sources")
    living.discard("a")
    assert not presence.looks_at("a", "sources")


@pytest.mark.parametrize("text", ["a*b", "[x](y)", "<b>", "`c`", "$d$", "#e", "~f~", "\\g"])
def test_data_cannot_become_markdown(text: str) -> None:
    assert all(f"\\{sign}" in plain(text) for sign in text if sign in "*[]()<>`$#~\\")


@pytest.mark.parametrize(
    ("value", "direction"),
    [
        ("2013/", "ltr"),
        ("/health", "ltr"),
        ("200-299", "ltr"),
        ("۱۴۰۵/۰۹/۰۱", "ltr"),
        ("GraphQL، REST و S3", "rtl"),
        ("توکن (Bearer)", "rtl"),
    ],
)
def test_a_value_with_words_runs_with_the_page_and_any_other_from_left_to_right(
    runtime: FakeRuntime, value: str, direction: str
) -> None:
    app = AppTest.from_function(_facts, args=(value,), default_timeout=60).run()
    assert f"<bdi dir='{direction}'>" in texts(app)


def test_every_word_of_streamlits_has_another_in_the_other_language() -> None:
    first, second = ([translator(lang).text(f"streamlit.{name}") for name in STREAMLIT_WORDS] for lang in LANGUAGES)
    assert not set(first) & set(second)
    assert len(set(first)) == len(set(second)) == len(STREAMLIT_WORDS)


def _facts(value: str) -> None:
    from ui.widgets import facts

    facts([("x", value)])


def test_data_cannot_become_a_directive_of_streamlit() -> None:
    assert ":red" not in plain(":red[x]")
    assert ":100:" not in plain("2001:db8:100:1")
    assert all(plain(f"x :{name}: y").startswith("x :\u2060") for name in ("+1", "-1", "1st_place_medal"))
    assert plain("127.0.0.1:5432 12:30") == "127.0.0.1:5432 12:30"
    assert ":material" not in plain(":material/home:")
    assert "://" not in plain("http://x/")
    assert plain("10:30") == "10:30"


@pytest.mark.parametrize("text", ["a -> b", "<- a", "a <->", "a -- b", "1 >= 0", "1 <= 2", "1 ~= 1", "-> ->"])
def test_data_does_not_become_an_arrow(text: str) -> None:
    shown = re.sub(r"\\(?=\W)", "", plain(text))
    assert shown.replace("\u2060", "") == text
    assert not re.search(r"(^|\s)(<->|->|<-|--|>=|<=|~=)(\s|$)", shown)


@pytest.mark.parametrize("text", ["www.example.com", "ali@example.com", "see WWW.example.com"])
def test_data_does_not_become_a_link(text: str) -> None:
    assert text not in plain(text)
    assert plain(text).replace("\u2060", "").replace("\\", "") == text
    assert plain("awww.x") == "awww.x"


@pytest.mark.parametrize("top", [0, 0.03, 0.4, 1, 4.4, 14.2, 15, 99, 100, 4321.5, 60_000])
def test_a_scale_has_few_round_values_and_reaches_above_the_data(top: float) -> None:
    values = scale(top)
    assert values[0] == 0
    assert values[-1] > top or top == 0
    assert 2 <= len(values) <= 8


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("page", ["sources", "add", "source", "health", "playground"])
def test_each_page_has_help_of_its_own_one_press_away(open_page: Open, page: str, lang: str) -> None:
    app = open_page(page, lang=lang)
    app.button(key="page_help").click().run()
    assert not app.exception
    said, t = texts(app), translator(lang)
    assert t.text(f"page_help.{page}") in said
    assert all(t.text(f"page_help.{page}.{number}") in said for number in range(1, POINTS + 1))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("page", ["admin", "account"])
def test_the_other_pages_have_words_of_help_too(page: str, lang: str) -> None:
    keys = [f"page_help.{page}", *(f"page_help.{page}.{number}" for number in range(1, POINTS + 1))]
    assert all(key in translator(lang) for key in keys)


def _pressed_together(app: AppTest, *keys: str) -> AppTest:
    for key in keys:
        app.button(key=key).click()
    return app.run()


def test_a_dialog_that_is_pressed_while_help_opens_breaks_no_page(open_page: Open) -> None:
    app = open_page("source", source=str(source_id("پروازها")), lang="en")
    app.button(key="page_help").click().run()
    app.button(key="source_edit").click().run()
    assert not app.exception
    assert translator("en").text("page_help.source") in texts(app)


def test_of_two_questions_the_last_one_is_asked(open_page: Open) -> None:
    app = open_page(lang="en")
    app.button(key="page_help").click().run()
    app.button(key="shortcuts").click().run()
    assert not app.exception
    t = translator("en")
    assert t.text("shortcuts.place") in texts(app)
    assert t.text("page_help.sources") not in texts(app)


def test_two_dialogs_pressed_in_one_run_break_no_page(open_page: Open) -> None:
    app = _pressed_together(
        open_page("source", source=str(source_id("پروازها"))), "page_help", "source_edit", "source_delete"
    )
    assert not app.exception
    app = _pressed_together(open_page("source", source=str(source_id("پروازها"))), "source_edit", "source_delete")
    assert not app.exception
