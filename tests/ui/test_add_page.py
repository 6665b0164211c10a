"""Adding a source."""

from uuid import uuid4

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.models import Actor, Role
from tests.ui.conftest import Open, texts
from tests.ui.fakes import FakeRuntime
from tests.ui.house import ORG, House
from ui import navigation, state

SECRET = "s3cr3t-value"


def filled(app: AppTest, name: str = "سفارش‌ها") -> AppTest:
    """The wizard after its second step."""
    app.button(key="choose_postgres").click().run()
    app.text_input(key="about_name").input(name)
    app.text_input(key="about_tags").input("فروش، انبار, x")
    for field, value in {"host": "db.example.com", "database": "shop", "user": "reader", "password": SECRET}.items():
        app.text_input(key=f"ltr_postgres_{field}").input(value)
    return app.button(key="add_continue").click().run()


def test_the_steps_are_kind_settings_and_test(open_page: Open) -> None:
    app = open_page("add")
    assert "گام ۱ از ۳" in texts(app)
    app.button(key="choose_postgres").click().run()
    assert "گام ۲ از ۳" in texts(app)


def test_a_source_is_tested_before_it_is_created(open_page: Open, runtime: FakeRuntime) -> None:
    app = filled(open_page("add"))
    assert not app.exception
    assert "اتصال برقرار است" in texts(app)
    app.button(key="add_create").click().run()
    (_, draft) = next(call for call in runtime.sources.calls if call[0] == "create")
    assert (draft.name, draft.tags) == ("سفارش‌ها", ("فروش", "انبار", "x"))
    assert draft.config["port"] == 5432
    assert draft.config["password"] == SECRET
    assert state.DRAFT not in app.session_state


def test_the_summary_and_the_address_hold_no_secret(open_page: Open) -> None:
    app = filled(open_page("add"))
    assert "وارد شده، پنهان" in texts(app)
    assert SECRET not in texts(app)
    assert SECRET not in str(dict(app.query_params))


def test_empty_inputs_are_left_out(open_page: Open, runtime: FakeRuntime) -> None:
    filled(open_page("add"))
    config = next(call[2] for call in runtime.sources.calls if call[0] == "test")
    assert set(config) == {"host", "port", "database", "user", "password", "sslmode"}


def test_going_back_loses_nothing_and_sends_no_secret_to_the_page(open_page: Open, runtime: FakeRuntime) -> None:
    app = filled(open_page("add"))
    app.button(key="add_fix").click().run()
    assert app.text_input(key="ltr_postgres_host").value == "db.example.com"
    assert app.text_input(key="about_name").value == "سفارش‌ها"
    assert app.text_input(key="ltr_postgres_password").value == ""
    app.button(key="add_continue").click().run()
    configs = [call[2] for call in runtime.sources.calls if call[0] == "test"]
    assert [config["password"] for config in configs] == [SECRET, SECRET]


def test_a_kept_secret_can_be_cleared(open_page: Open, runtime: FakeRuntime) -> None:
    app = filled(open_page("add"))
    app.button(key="add_fix").click().run()
    app.checkbox(key="clear_ltr_postgres_password").check()
    app.button(key="add_continue").click().run()
    assert "password" not in runtime.sources.calls[-1][2]


def test_a_failed_test_advises_beside_the_fields_at_fault(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.test_works = False
    app = filled(open_page("add"))
    assert "اتصال هنوز برقرار نیست" in texts(app)
    assert "نام کاربری و گذرواژه" in texts(app)
    app.button(key="add_fix").click().run()
    beside = [text.value for text in app.markdown if text.value.startswith(":material/error:")]
    assert len(beside) == 2


def test_saving_after_a_failed_test_carries_a_warning(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.test_works = False
    app = filled(open_page("add"))
    assert app.warning
    assert app.button(key="add_create").label == "با این حال ذخیره شود"
    app.button(key="add_create").click().run()
    assert any(call[0] == "create" for call in runtime.sources.calls)


def test_a_refused_field_is_named_beside_its_input(open_page: Open) -> None:
    app = open_page("add")
    app.button(key="choose_postgres").click().run()
    app.text_input(key="about_name").input("x")
    app.button(key="add_continue").click().run()
    assert app.button(key="add_continue")
    assert sum("لازم است" in text.value for text in app.markdown) == 3


def test_a_name_is_asked_for_before_anything_is_tested(open_page: Open, runtime: FakeRuntime) -> None:
    app = open_page("add")
    app.button(key="choose_postgres").click().run()
    app.button(key="add_continue").click().run()
    assert runtime.sources.calls == []


def test_a_taken_name_leads_back_to_its_input(open_page: Open) -> None:
    app = filled(open_page("add"), "پروازها")
    app.button(key="add_create").click().run()
    assert "این نام پیش‌تر" in texts(app)
    assert app.text_input(key="about_name").value == "پروازها"


def _page() -> None:
    """The step of test and create as a script, behind which it leads on to the source's page."""
    import streamlit as st

    from core.models import Message, TestResult
    from ui import navigation, state, wizard
    from ui.runtime import runtime
    from ui.session import reader, words

    navigation.open_source = lambda _, source_id: st.session_state.setdefault("led_to", source_id)
    draft = state.draft()
    draft.kind, draft.about, draft.config = "fake", {"name": "انبار"}, {"host": "there"}
    draft.result = TestResult(True, Message("test.worked"), (), 1.0)
    kind = next(kind for kind in runtime().sources.kinds() if kind.name == "fake")
    wizard.try_and_create(kind, draft, reader(), words())


def test_a_second_press_finds_what_the_first_one_created(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    actor = house.actor()
    house.token = house.tokens["مریم"]
    monkeypatch.setattr(navigation, "open_source", navigation.open_source)
    app = AppTest.from_function(_page, default_timeout=60).run()
    with monkeypatch.context() as patch:
        # A press that comes while the run waits ends it at the next touch of the session state.
        patch.setattr(state, "forget_draft", st.rerun)
        app.button(key="add_create").click().run()
    assert "led_to" not in app.session_state
    app.button(key="add_create").click().run()
    (source,) = house.run(house.runtime.sources.list(actor, ORG)).items
    assert (source.name, app.session_state["led_to"]) == ("انبار", source.id)


def test_an_analyst_may_not_add(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.access.actor = Actor("نگار", {"main": Role.ANALYST})
    app = open_page("add")
    assert not app.exception
    assert "نقش ویراستار" in texts(app)
    assert "choose_postgres" not in [button.key for button in app.button]


def test_the_test_of_another_draft_says_nothing_about_this_one(open_page: Open, runtime: FakeRuntime) -> None:
    app = open_page("add")
    app.session_state[state.TRIAL] = "another draft", uuid4()
    assert "اتصال برقرار است" in texts(filled(app))
    assert len([call for call in runtime.sources.calls if call[0] == "test"]) == 1
