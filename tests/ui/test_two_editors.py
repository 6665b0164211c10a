"""Two people edit one source, over the real service: the second is told, loses nothing, and chooses."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.models import Source, SourceDraft
from tests.ui.conftest import texts
from tests.ui.house import ORG, House
from ui import state

SECRET = "Zq7-never-shown"


@pytest.fixture
def source(house: House) -> Source:
    draft = SourceDraft("fake", "انبار", {"host": "there", "password": "Zq6"}, "قدیمی", ("شب",))
    return house.run(house.runtime.sources.create(house.actor(), ORG, draft))  # type: ignore[no-any-return]


def _form(source_id: str) -> None:
    """The dialog as a script: what it was opened with stays, as it does in a dialog."""
    from uuid import UUID

    import streamlit as st

    from ui import edit
    from ui.runtime import run, runtime
    from ui.session import reader, words

    person = reader()
    if "seen" not in st.session_state:
        st.session_state["seen"] = run(runtime().sources.get(person.actor, person.org, UUID(source_id)))
    edit.edit_form(st.session_state["seen"], words())


def opened(house: House, source: Source) -> AppTest:
    house.actor()
    house.token = house.tokens["مریم"]
    return AppTest.from_function(_form, args=(str(source.id),), default_timeout=60).run()


def present(house: House, source: Source) -> Source:
    return house.run(house.runtime.sources.get(house.actor(), ORG, source.id))  # type: ignore[no-any-return]


def other_writes(house: House, source: Source, **changes: Any) -> None:
    house.run(house.runtime.sources.update(house.actor(), ORG, source.id, changes))


def save(app: AppTest) -> AppTest:
    return app.button(key="edit_save").click().run()


def test_who_was_second_is_told_and_loses_nothing(house: House, source: Source) -> None:
    app = opened(house, source)
    app.text_input(key="edit_name").input("انبار مشهد").run()
    other_writes(house, source, description="تازه", config={"host": "elsewhere", "password": "Zq6"})
    save(app)
    said = texts(app)
    assert "کس دیگری این منبع را تغییر داد" in said
    for word in ("قدیمی", "تازه", "there", "elsewhere"):
        assert word in said
    assert present(house, source).name == "انبار"
    assert app.text_input(key="edit_name").value == "انبار مشهد"
    save(app)
    now = present(house, source)
    assert (now.name, now.description, now.config["host"]) == ("انبار مشهد", "تازه", "elsewhere")
    assert now.config["password"] == {"set": True}


@pytest.mark.parametrize(("kept", "description"), [("mine", "از من"), ("theirs", "از او")])
def test_a_field_that_both_changed_is_chosen(house: House, source: Source, kept: str, description: str) -> None:
    app = opened(house, source)
    app.text_area(key="edit_description").input("از من")
    app.text_input(key="edit_tags").input("روز").run()
    other_writes(house, source, description="از او")
    save(app)
    choice = app.radio(key="keep_description")
    assert [label.replace("\u2068", "").replace("\u2069", "") for label in choice.options] == [
        "مال من بماند: از من",
        "مال او بماند: از او",
    ]
    choice.set_value(kept).run()
    save(app)
    now = present(house, source)
    assert (now.description, now.tags) == (description, ("روز",))


def test_a_third_change_is_told_too(house: House, source: Source) -> None:
    app = opened(house, source)
    app.text_input(key="edit_name").input("نام من").run()
    other_writes(house, source, description="دوم")
    save(app)
    other_writes(house, source, paused=True)
    save(app)
    assert "توقف بررسی‌ها" in texts(app)
    save(app)
    now = present(house, source)
    assert (now.name, now.description, now.paused) == ("نام من", "دوم", True)


def test_a_secret_that_was_typed_is_not_shown_where_one_chooses(house: House, source: Source) -> None:
    app = opened(house, source)
    secret = next(each for each in app.text_input if (each.key or "").endswith("fake_password"))
    secret.input(SECRET).run()
    other_writes(house, source, config={"password": None})
    save(app)
    choice = app.radio(key="keep_config.password")
    assert SECRET not in texts(app) + " ".join(choice.options)
    assert "•••" in choice.options[0]


def test_what_was_written_can_be_dropped(house: House, source: Source) -> None:
    app = opened(house, source)
    app.text_input(key="edit_name").input("نام من").run()
    other_writes(house, source, description="دوم")
    save(app)
    app.button(key="edit_reload").click().run()
    assert state.RIVAL not in app.session_state
    assert present(house, source).name == "انبار"


def test_a_replaced_secret_is_said_to_be_something_unseen(house: House, source: Source) -> None:
    app = opened(house, source)
    app.text_input(key="edit_name").input("نام من").run()
    other_writes(house, source, config={"password": "another-one"})
    save(app)
    assert "یک مقدار محرمانه عوض شده" in texts(app)
    save(app)
    assert present(house, source).name == "نام من"


def test_tags_that_nobody_touched_stay_whole(house: House, source: Source) -> None:
    other_writes(house, source, tags=["EU, prod", "شب"])
    app = opened(house, source)
    app.text_input(key="edit_name").input("نام من").run()
    other_writes(house, source, tags=["دیگر, x"])
    save(app)
    assert "keep_tags" not in {each.key for each in app.radio}
    save(app)
    now = present(house, source)
    assert (now.name, now.tags) == ("نام من", ("دیگر, x",))


def test_an_edit_of_another_field_keeps_a_tag_with_a_comma(house: House, source: Source) -> None:
    other_writes(house, source, tags=["EU, prod"])
    app = opened(house, source)
    app.text_input(key="edit_name").input("نام من").run()
    save(app)
    assert present(house, source).tags == ("EU, prod",)
