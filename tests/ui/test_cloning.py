"""A source on the pattern of another."""

import re
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from core.models import BreakerConfig
from tests.ui.conftest import Open, texts
from tests.ui.fakes import FakeRuntime
from tests.ui.samples import make_source, source_id
from ui import state

NAME = "پروازها"
PATTERN = source_id(NAME)
SECRET = "s3cr3t-value"


def own(key: str, pattern: UUID = PATTERN) -> str:
    """The key of an input of a copy."""
    return f"{key}_{str(pattern)[:8]}"


@pytest.fixture
def copying(open_page: Open, runtime: FakeRuntime) -> AppTest:
    changed = {"tags": ("فروش", "x"), "description": "شعبهٔ مرکزی", "check_interval_s": 90.0}
    breaker = BreakerConfig(7, 45.0)
    runtime.sources.sources[PATTERN] = replace(runtime.sources.sources[PATTERN], breaker=breaker, **changed)
    return open_page("add", **{"from": str(PATTERN)})


def test_a_copy_begins_with_the_settings_of_its_pattern_and_another_name(copying: AppTest) -> None:
    assert not copying.exception
    assert "گام ۲ از ۳" in texts(copying)
    assert copying.text_input(key=own("ltr_postgres_database")).value == "shop"
    assert copying.text_input(key=own("about_name")).value == f"رونوشت {NAME}"
    assert copying.text_input(key=own("about_tags")).value == "فروش, x"
    assert copying.text_input(key=own("about_description")).value == "شعبهٔ مرکزی"


def test_the_secrets_of_the_pattern_are_asked_for_by_name(copying: AppTest, runtime: FakeRuntime) -> None:
    (said,) = [info.value for info in copying.info]
    assert "گذرواژه" in said
    assert not copying.text_input(key=own("ltr_postgres_password")).placeholder
    copying.button(key="add_continue").click().run()
    config = next(call[2] for call in runtime.sources.calls if call[0] == "test")
    assert "password" not in config


def test_what_has_no_input_comes_along_too(copying: AppTest, runtime: FakeRuntime) -> None:
    copying.text_input(key=own("ltr_postgres_password")).input(SECRET)
    copying.button(key="add_continue").click().run()
    assert re.search("۷.*۴۵", texts(copying))
    copying.button(key="add_create").click().run()
    (_, draft) = next(call for call in runtime.sources.calls if call[0] == "create")
    assert (draft.name, draft.breaker, draft.check_interval_s) == (f"رونوشت {NAME}", BreakerConfig(7, 45.0), 90.0)
    assert draft.config["password"] == SECRET
    assert f"{state.DRAFT}_{PATTERN}" not in copying.session_state


def test_the_kind_of_a_copy_is_not_offered_and_back_leads_to_its_pattern(copying: AppTest) -> None:
    copying.text_input(key=own("ltr_postgres_database")).input("other")
    copying.button(key="add_back").click().run()
    assert not copying.exception
    assert copying.button(key="source_clone")
    assert "choose_postgres" not in [button.key for button in copying.button]
    # The test runner stays on the page that it opened: as the browser's own way back would.
    copying.query_params["from"] = str(PATTERN)
    copying.run()
    assert copying.text_input(key=own("ltr_postgres_database")).value == "other"


def changed(runtime: FakeRuntime, **changes: Any) -> None:
    before = runtime.sources.sources[PATTERN]
    runtime.sources.sources[PATTERN] = replace(before, version=before.version + 1, **changes)


def test_a_pattern_that_was_changed_since_is_copied_anew(copying: AppTest, runtime: FakeRuntime) -> None:
    copying.button(key="add_back").click().run()
    config = runtime.sources.sources[PATTERN].config
    changed(
        runtime, config={**config, "host": "new.example.com"}, breaker=BreakerConfig(9, 60.0), check_interval_s=30.0
    )
    copying.query_params["from"] = str(PATTERN)
    copying.run()
    assert copying.text_input(key=own("ltr_postgres_host")).value == "new.example.com"
    copying.button(key="add_continue").click().run()
    copying.button(key="add_create").click().run()
    (_, draft) = next(call for call in runtime.sources.calls if call[0] == "create")
    made = (draft.config["host"], draft.breaker, draft.check_interval_s)
    assert made == ("new.example.com", BreakerConfig(9, 60.0), 30.0)


def test_a_copy_stays_as_it_is_under_who_types(copying: AppTest, runtime: FakeRuntime) -> None:
    copying.text_input(key=own("ltr_postgres_password")).input(SECRET).run()
    changed(runtime, description="دیگر")
    copying.button(key="add_continue").click().run()
    assert copying.button(key="add_create")
    del runtime.sources.sources[PATTERN]
    copying.button(key="add_create").click().run()
    (_, draft) = next(call for call in runtime.sources.calls if call[0] == "create")
    assert (draft.description, draft.config["password"]) == ("شعبهٔ مرکزی", SECRET)


def test_the_name_of_a_copy_holds_no_isolates(open_page: Open, runtime: FakeRuntime) -> None:
    source = make_source("Orders")
    runtime.sources.sources[source.id] = source
    app = open_page("add", lang="fa", **{"from": str(source.id)})
    assert app.text_input(key=own("about_name", source.id)).value == "رونوشت Orders"


def test_a_tag_with_a_comma_comes_along_whole(open_page: Open, runtime: FakeRuntime) -> None:
    source = make_source("Orders", tags=("EU, prod", "x"))
    runtime.sources.sources[source.id] = source
    app = open_page("add", **{"from": str(source.id)})
    app.button(key="add_continue").click().run()
    app.button(key="add_create").click().run()
    (_, draft) = next(call for call in runtime.sources.calls if call[0] == "create")
    assert draft.tags == ("EU, prod", "x")


def test_a_copy_and_a_source_from_nothing_are_two_drafts(open_page: Open) -> None:
    app = open_page("add")
    app.button(key="choose_postgres").click().run()
    app.text_input(key="about_name").input("از صفر")
    app.button(key="add_back").click().run()
    app.query_params["from"] = str(PATTERN)
    app.run()
    assert app.text_input(key=own("about_name")).value == f"رونوشت {NAME}"
    del app.query_params["from"]
    app.run()
    app.button(key="choose_postgres").click().run()
    assert app.text_input(key="about_name").value == "از صفر"


def test_what_is_typed_into_one_draft_stands_in_no_other(open_page: Open) -> None:
    """A jump in the browser's history leads from one to the other, over no other page."""
    app = open_page("add")
    app.button(key="choose_postgres").click().run()
    app.text_input(key="about_name").input("از صفر")
    app.text_input(key="ltr_postgres_host").input("mine.example").run()
    app.query_params["from"] = str(PATTERN)
    app.run()
    assert app.text_input(key=own("about_name")).value == f"رونوشت {NAME}"
    assert app.text_input(key=own("ltr_postgres_host")).value == "10.4.1.20"
    app.button(key="add_from_nothing").click().run()
    assert "from" not in app.query_params
    assert f"رونوشت {NAME}" not in [each.value for each in app.text_input]


def test_a_second_copy_has_a_number(open_page: Open, runtime: FakeRuntime) -> None:
    first = make_source(f"رونوشت {NAME}")
    runtime.sources.sources[first.id] = first
    app = open_page("add", **{"from": str(PATTERN)})
    assert app.text_input(key=own("about_name")).value == f"رونوشت {NAME} (۲)"


@pytest.mark.parametrize("asked", [str(UUID(int=1)), "no-uuid", "٣"])
def test_a_pattern_that_is_not_there_is_said_to_be_missing(open_page: Open, asked: str) -> None:
    app = open_page("add", **{"from": asked})
    assert not app.exception
    assert "اینجا نیست" in texts(app)
    app.button(key="add_from_nothing").click().run()
    assert "from" not in app.query_params
    assert app.button(key="choose_postgres")
    assert "add_continue" not in [button.key for button in app.button]


def test_a_pattern_of_a_kind_that_is_gone_is_told(open_page: Open, runtime: FakeRuntime) -> None:
    source = make_source("دور", kind="elsewhere")
    runtime.sources.sources[source.id] = source
    app = open_page("add", **{"from": str(source.id)})
    assert not app.exception
    assert "elsewhere" in texts(app)
