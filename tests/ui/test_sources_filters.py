"""The filters of the list in the address, on the tiles and by tag; and what is done with several sources at once."""

from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import NotFound
from core.models import Actor, Role, SourceDraft, Status
from core.services.views import SEARCH_MAX
from core.spreadsheet import Cell
from tests.ui.conftest import Open, texts
from tests.ui.fakes import FakeRuntime
from tests.ui.house import ORG, House
from tests.ui.samples import make_source, source_id
from ui import live_list, sources_parts, state, table
from ui.listing import Listing


def names(app: AppTest) -> list[str]:
    return list(app.dataframe[0].value["name"])


def tagged(runtime: FakeRuntime, **tags: str) -> None:
    for name, tag in tags.items():
        source = runtime.sources.sources[source_id(name)]
        runtime.sources.sources[source.id] = replace(source, tags=(tag,))


def test_what_is_filtered_stands_in_the_address(open_page: Open) -> None:
    app = open_page()
    app.text_input(key=state.SEARCH).input("پرواز").run()
    app.selectbox(key=state.in_words(state.STATUS, "fa")).select("healthy").run()
    assert app.query_params["q"] == "پرواز"
    assert app.query_params["status"] == "healthy"
    app.text_input(key=state.SEARCH).input("").run()
    assert "q" not in app.query_params


def test_an_address_opens_the_list_as_it_was_passed_on(open_page: Open) -> None:
    app = open_page(status="suspended")
    assert names(app) == ["انبار مشهد"]
    assert app.selectbox(key=state.in_words(state.STATUS, "fa")).value == "suspended"


def test_an_address_that_names_what_there_is_not_shows_everything(open_page: Open) -> None:
    app = open_page(kind="oracle", tag="no such tag")
    assert not app.exception
    assert not app.dataframe or len(names(app)) == 6


def test_a_tile_shows_its_own_sources_and_then_all_again(open_page: Open) -> None:
    app = open_page()
    app.button(key="only_suspended").click().run()
    assert names(app) == ["انبار مشهد"]
    assert app.query_params["status"] == "suspended"
    app.button(key="only_suspended").click().run()
    assert len(names(app)) == 6


def test_a_tile_without_sources_offers_nothing(open_page: Open, runtime: FakeRuntime) -> None:
    healthy = [source for source in runtime.sources.sources.values() if source.status is Status.HEALTHY]
    runtime.sources.sources = {source.id: source for source in healthy}
    app = open_page()
    assert app.button(key="only_error").disabled
    assert not app.button(key="only_healthy").disabled


def test_tags_can_be_filtered_by_where_there_are_any(open_page: Open, runtime: FakeRuntime) -> None:
    key = state.in_words(state.TAG, "fa")
    assert key not in [box.key for box in open_page().selectbox]
    tagged(runtime, پروازها="شب")
    app = open_page()
    app.selectbox(key=key).select("شب").run()
    assert names(app) == ["پروازها"]


def test_tags_stand_in_the_order_of_the_alphabet_and_are_found_in_any_digits(
    open_page: Open, runtime: FakeRuntime
) -> None:
    for name, tag in (("پروازها", "پشتیبانی"), ("فرودگاه‌ها", "وب")):
        tagged(runtime, **{name: tag})
    tags = open_page().selectbox(key=state.in_words(state.TAG, "fa"))
    assert tags.options[1:] == ["پشتیبانی", "وب"]
    tagged(runtime, پروازها="tier1")
    app = open_page(tag="tier۱")
    assert names(app) == ["پروازها"]
    assert app.query_params["tag"] == "tier1"


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The ids that count as chosen in the table: AppTest cannot press its rows."""
    ids: list[Any] = []
    monkeypatch.setattr(table, "chosen", lambda sources: [source for source in sources if source.id in ids])
    return ids


def choosing(open_page: Open, **query: str) -> AppTest:
    app = open_page(**query)
    return app.toggle(key=state.CHOOSING).set_value(True).run()


def test_nothing_can_be_done_before_something_is_chosen(open_page: Open, chosen: list[Any]) -> None:
    app = choosing(open_page)
    buttons = [app.button(key=f"bulk_{action}") for action in ("ping", "pause", "resume", "tag", "delete")]
    assert all(button.disabled for button in buttons)


def test_while_something_is_chosen_the_list_is_not_drawn_anew_by_itself(
    open_page: Open, chosen: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Any] = []
    monkeypatch.setattr(live_list, "keep_fresh", lambda drawn, at: looks.append(drawn))
    app = choosing(open_page)
    assert looks
    looks.clear()
    chosen.append(source_id("پروازها"))
    app.run()
    assert looks == []


def test_checks_of_the_chosen_are_paused_and_resumed(open_page: Open, runtime: FakeRuntime, chosen: list[Any]) -> None:
    ids = [source_id("پروازها"), source_id("انبار مشهد")]
    app = choosing(open_page)
    chosen += ids
    app.run().button(key="bulk_pause").click().run()
    assert {source.id for source in runtime.sources.sources.values() if source.paused} == set(ids)
    assert "بررسی‌های ۲ منبع متوقف شد." in next(toast.value for toast in app.toast)
    app.button(key="bulk_resume").click().run()
    assert not any(source.paused for source in runtime.sources.sources.values())


def test_tags_are_added_and_taken_off(open_page: Open, runtime: FakeRuntime, chosen: list[Any]) -> None:
    tagged(runtime, **{"پروازها": "کهنه", "انبار مشهد": "ماندنی"})
    app = choosing(open_page)
    chosen += [source_id("پروازها"), source_id("انبار مشهد")]
    app.run().button(key="bulk_tag").click().run()
    app.text_input(key="bulk_tag_add").input("شب، فروش").run()
    app.multiselect(key="bulk_tag_drop").select("کهنه").run()
    app.button(key="bulk_tag_go").click().run()
    found = {name: runtime.sources.sources[source_id(name)].tags for name in ("پروازها", "انبار مشهد")}
    assert {name: list(tags) for name, tags in found.items()} == {
        "پروازها": ["شب", "فروش"],
        "انبار مشهد": ["ماندنی", "شب", "فروش"],
    }


@pytest.mark.parametrize("typed", ["2", "۲", " ٢ "])
def test_deleting_several_asks_for_their_number_in_any_digits(
    open_page: Open, runtime: FakeRuntime, chosen: list[Any], typed: str
) -> None:
    app = choosing(open_page)
    chosen += [source_id("پروازها"), source_id("انبار مشهد")]
    app.run().button(key="bulk_delete").click().run()
    assert app.button(key="bulk_delete_go").disabled
    app.text_input(key="bulk_delete_typed").input("3").run()
    assert app.button(key="bulk_delete_go").disabled
    app.text_input(key="bulk_delete_typed").input(typed).run()
    app.button(key="bulk_delete_go").click().run()
    assert len(runtime.sources.sources) == 4


def test_what_is_refused_for_one_is_said_by_name_and_stops_no_other(
    open_page: Open, runtime: FakeRuntime, chosen: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, left = source_id("پروازها"), source_id("انبار مشهد")
    real = runtime.sources.update

    async def update(actor: Any, org: str, source: Any, changes: Any) -> Any:
        if source == gone:
            raise NotFound()
        return await real(actor, org, source, changes)

    app = choosing(open_page)
    chosen += [gone, left]
    app.run()
    monkeypatch.setattr(runtime.sources, "update", update)
    app.button(key="bulk_pause").click().run()
    assert runtime.sources.sources[left].paused
    [said] = [toast.value for toast in app.toast]
    assert "پروازها" in said
    assert "انبار مشهد" not in said


def test_the_chosen_alone_are_pinged(open_page: Open, runtime: FakeRuntime, chosen: list[Any]) -> None:
    app = choosing(open_page)
    chosen.append(source_id("پروازها"))
    app.run().button(key="bulk_ping").click().run()
    assert [job.view().total for job in runtime.sources.jobs.values()] == [1]


@pytest.mark.parametrize(("role", "offered"), [(Role.VIEWER, None), (Role.ANALYST, ["ping"])])
def test_only_what_a_role_may_do_is_offered(
    open_page: Open, runtime: FakeRuntime, role: Role, offered: list[str] | None
) -> None:
    runtime.access.actor = Actor("somebody", {"main": role})  # type: ignore[attr-defined]  # the fake's
    app = open_page()
    if offered is None:
        assert not [toggle for toggle in app.toggle if toggle.key == state.CHOOSING]
        return
    app.toggle(key=state.CHOOSING).set_value(True).run()
    found = [button.key.removeprefix("bulk_") for button in app.button if (button.key or "").startswith("bulk_")]
    assert found == offered


def test_the_export_has_a_row_a_shown_source_and_no_settings() -> None:
    source = replace(make_source("پروازها"), tags=("شب",), config={"host": "db.example.ir", "password": {"set": True}})
    from core.i18n import translator

    row: tuple[Cell, ...] = sources_parts._row(source, translator("fa"))
    assert len(row) == len(sources_parts.EXPORTED)
    assert row[0] == "پروازها"
    assert row[3] == "شب"
    assert "db.example.ir" not in str(row)
    assert Listing((source,), {}, (source,), {}).shown == (source,)


def test_the_chosen_stand_in_the_order_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = (make_source(name) for name in ("الف", "ب", "پ"))
    kept: dict[str, Any] = {}
    monkeypatch.setattr(table.st, "session_state", kept)
    kept[table.many_key([first, second, third])] = {"selection": {"rows": [2, 0]}}
    assert table.chosen([first, second, third]) == [first, third]
    assert table.chosen([second, third]) == []
    assert table.chosen([third, second, first]) == []
    table.choose_anew()
    assert table.chosen([first, second, third]) == []


def test_another_language_keeps_the_filters(open_page: Open) -> None:
    app = open_page(kind="postgres", lang="fa")
    shown = names(app)
    app.query_params["lang"] = "en"
    app.run()
    assert app.query_params["kind"] == "postgres"
    assert names(app) == shown


def test_a_name_is_escaped_once_where_it_is_to_be_deleted(
    open_page: Open, runtime: FakeRuntime, chosen: list[Any]
) -> None:
    one = make_source("shop-db_1 (old)")
    runtime.sources.sources[one.id] = one
    app = choosing(open_page)
    chosen.append(one.id)
    app.run().button(key="bulk_delete").click().run()
    assert "shop\\-db\\_1 \\(old\\)" in texts(app)


def test_a_tag_that_is_taken_off_meanwhile_filters_no_more(open_page: Open, runtime: FakeRuntime) -> None:
    tagged(runtime, پروازها="شب")
    app = open_page(tag="شب")
    tagged(runtime, پروازها="روز")
    app.run()
    assert len(names(app)) == 6
    assert app.selectbox(key=state.in_words(state.TAG, "fa")).value == ""
    assert "tag" not in app.query_params


def test_a_tag_in_another_spelling_is_shown_in_its_own(open_page: Open, runtime: FakeRuntime) -> None:
    tagged(runtime, پروازها="sales")
    app = open_page(tag="SALES")
    for _ in range(2):
        assert names(app) == ["پروازها"]
        assert app.selectbox(key=state.in_words(state.TAG, "fa")).value == "sales"
        assert app.query_params["tag"] == "sales"
        app.run()


def test_a_status_that_there_is_not_is_every_status(house: House) -> None:
    house.run(house.runtime.sources.create(house.actor(), ORG, SourceDraft("fake", "انبار", {"host": "there"})))
    app = house.open("sources", status="broken")
    assert names(app) == ["انبار"]
    assert "status" not in app.query_params


def test_a_search_in_the_address_is_as_long_as_one_that_is_typed(house: House) -> None:
    house.run(house.runtime.sources.create(house.actor(), ORG, SourceDraft("fake", "انبار", {"host": "there"})))
    app = house.open("sources", q="انبار " * 100)
    assert names(app) == ["انبار"]
    assert len(app.query_params["q"]) <= SEARCH_MAX
