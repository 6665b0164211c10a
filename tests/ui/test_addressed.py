"""Back and forward lead to the choices before; nothing else than them does."""

from dataclasses import replace
from datetime import date

import pytest
import streamlit as st

from core.models import Status
from tests.ui.conftest import Back, Open, at_address
from tests.ui.fakes import FakeRuntime
from tests.ui.samples import source_id
from ui import addressed, state

WELL, UNKNOWN = (str(source_id(name)) for name in ("پروازها", "بایگانی"))
LANGS = pytest.mark.parametrize("lang", ["fa", "en"])


@LANGS
def test_to_the_tab_and_the_range(open_page: Open, go_back: Back, lang: str) -> None:
    app = open_page("source", source=WELL, tab="metrics", lang=lang)
    app.button_group[0].set_value("7d").run()
    assert app.query_params["range"] == "7d"
    go_back(app, source=WELL, tab="metrics", lang=lang)
    assert app.button_group[0].value == "24h"
    assert "range" not in app.query_params
    go_back(app, source=WELL, lang=lang)
    assert not app.button_group
    assert "tab" not in app.query_params
    go_back(app, source=WELL, tab="metrics", range="7d", lang=lang)
    assert app.button_group[0].value == "7d"


def test_to_the_days(open_page: Open, go_back: Back) -> None:
    app = open_page("health", range="custom", **{"from": "2026-03-21", "to": "2026-03-22"})
    app.selectbox(key="history_from_fa_day").select(2).run()
    assert app.query_params["from"] == "2026-03-22"
    go_back(app, range="custom", **{"from": "2026-03-21", "to": "2026-03-22"})
    assert app.selectbox(key="history_from_fa_day").value == 1
    english = open_page("health", range="custom", lang="en", **{"from": "2026-03-20", "to": "2026-03-22"})
    english.date_input(key="history_to_en").set_value(date(2026, 3, 25)).run()
    go_back(english, range="custom", lang="en", **{"from": "2026-03-20", "to": "2026-03-22"})
    assert english.date_input(key="history_to_en").value == date(2026, 3, 22)
    assert not english.warning


def test_to_the_source_of_the_playground(open_page: Open, go_back: Back) -> None:
    app = open_page("playground")
    app.selectbox(key=state.CHOSEN).select(UNKNOWN).run()
    assert app.query_params["source"] == UNKNOWN
    go_back(app)
    assert app.selectbox(key=state.CHOSEN).value == WELL
    assert "source" not in app.query_params


def test_to_the_filters(open_page: Open, go_back: Back) -> None:
    app = open_page(status="suspended")
    app.text_input(key=state.SEARCH).input("انبار").run()
    go_back(app, status="suspended")
    assert app.text_input(key=state.SEARCH).value == ""
    go_back(app)
    assert app.selectbox(key=state.in_words(state.STATUS, "fa")).value == ""


def test_a_press_before_the_browser_has_the_new_address_is_no_way_back(open_page: Open) -> None:
    app = open_page("source", source=WELL, tab="metrics")
    app.button_group[0].set_value("7d").run()
    at_address(app, {"source": WELL, "tab": "metrics"})
    assert app.run().button_group[0].value == "7d"
    assert app.query_params["range"] == "7d"
    app = open_page()
    app.text_input(key=state.SEARCH).input("انبار").run()
    at_address(app, {})
    app.selectbox(key=state.in_words(state.STATUS, "fa")).select(Status.SUSPENDED.value).run()
    assert app.query_params == {"q": "انبار", "status": Status.SUSPENDED.value}


def test_a_source_that_was_renamed_meanwhile_stays_the_chosen_one(open_page: Open, runtime: FakeRuntime) -> None:
    app = open_page("playground", source=UNKNOWN)
    of_before = app._tree.get_widget_states()  # browsers keep the words of a choice
    runtime.sources.sources[source_id("بایگانی")] = replace(runtime.sources.sources[source_id("بایگانی")], name="تازه")
    app.run()
    app._run(of_before)
    assert app.selectbox(key=state.CHOSEN).value == UNKNOWN
    assert app.query_params["source"] == UNKNOWN


def test_what_changes_together_is_one_step() -> None:
    said: list[dict[str, str]] = []
    here = {"range": "7d", "at": "then", "lang": "en"}

    class Params:
        def to_dict(self) -> dict[str, str]:
            return dict(here)

        def from_dict(self, wanted: dict[str, str]) -> None:
            said.append(wanted)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(st, "query_params", Params())
        addressed.stands({"range": "custom", "from": "2026-03-20", "at": ""})
        addressed.stands({"range": "7d", "from": ""}, "24h")
        addressed.stands({"tab": "overview"}, "overview")
    assert said == [{"range": "custom", "from": "2026-03-20", "lang": "en"}]
