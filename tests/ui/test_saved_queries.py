"""Saved queries on the playground and on the administration page, over the real services."""

import json
from typing import Any

import pytest

from core.models import QueryStatus, SamplePolicy, SourceDraft
from tests.ui.conftest import Back, texts
from tests.ui.house import NEGAR, ORG, House, column, press
from ui import state

LANGS = pytest.mark.parametrize("lang", ["fa", "en"])


@pytest.fixture
def source(house: House) -> str:
    made = house.run(house.runtime.sources.create(house.actor(), ORG, SourceDraft("fake", "انبار", {"host": "there"})))
    return str(made.id)


@pytest.fixture
def shop(house: House) -> str:
    """A PostgreSQL source that nobody answers for."""
    config = {"host": "127.0.0.1", "port": 1, "database": "d", "user": "u"}
    made = house.run(house.runtime.sources.create(house.actor(), ORG, SourceDraft("postgres", "shop", config)))
    return str(made.id)


def save(house: House, source: str, **changes: Any) -> Any:
    draft = {"name": "سفارش‌ها", "source_id": source, "params": {"table": "orders"}, "shared": True, **changes}
    return house.run(house.runtime.queries.save(house.actor(NEGAR), ORG, draft))


def only_approved(house: House) -> None:
    house.run(house.runtime.queries.set_policy(house.local, ORG, "approved_only"))


def present(house: House) -> Any:
    return house.run(house.runtime.queries.list(house.actor(), ORG))[0]


@LANGS
def test_what_the_editor_holds_is_saved_chosen_and_handed_in(house: House, source: str, lang: str) -> None:
    app = house.open("playground", NEGAR, source=source, lang=lang)
    app.text_area(key=f"ltr_params_{source}").input('{"table": "orders"}').run()
    app.button(key="query_save").click().run()
    app.text_input(key="query_name").input("سفارش‌ها")
    app.checkbox(key="query_shared").check()
    app.button(key="query_save_go").click().run()
    assert not app.exception
    saved = present(house)
    assert (saved.name, saved.owner, saved.params, saved.shared) == ("سفارش‌ها", NEGAR, {"table": "orders"}, True)
    app.selectbox(key=f"query_{source}_{lang}").select(saved.id).run()
    app.button(key="query_request").click().run()
    assert not app.exception
    assert present(house).status is QueryStatus.REQUESTED


def test_a_saved_query_is_put_into_the_editor(house: House, source: str) -> None:
    saved = save(house, source)
    app = house.open("playground", NEGAR, source=source)
    app.selectbox(key=f"query_{source}_fa").select(saved.id).run()
    app.button(key="query_use").click().run()
    assert json.loads(app.text_area(key=f"ltr_params_{source}").value) == {"table": "orders"}


def test_a_link_points_at_a_saved_query(house: House, source: str) -> None:
    saved = save(house, source)
    app = house.open("playground", NEGAR, source=source, query=str(saved.id))
    chosen = app.selectbox(key=f"query_{source}_fa")
    assert chosen.value == saved.id
    chosen.select(None).run()
    assert "query" not in app.query_params
    app.selectbox(key=f"query_{source}_fa").select(saved.id).run()
    assert app.query_params["query"] == str(saved.id)
    gone = house.open("playground", NEGAR, source=source, query="00000000-0000-0000-0000-000000000000")
    assert not gone.exception
    assert gone.selectbox(key=f"query_{source}_fa").value is None


def test_the_way_back_leads_to_the_query_before(house: House, source: str, go_back: Back) -> None:
    saved = save(house, source)
    app = house.open("playground", NEGAR)
    app.selectbox(key=f"query_{source}_fa").select(saved.id).run()
    assert app.query_params == {"query": str(saved.id), "source": source}
    go_back(app)
    assert app.selectbox(key=f"query_{source}_fa").value is None
    go_back(app, source=source, query=str(saved.id))
    assert app.selectbox(key=f"query_{source}_fa").value == saved.id


def test_parameters_are_filled_in_by_their_types(house: House, shop: str) -> None:
    text = {
        "sql": "SELECT id FROM orders WHERE id > $1 AND city = $2",
        "args": [{"$param": "least"}, {"$param": "city"}],
    }
    saved = save(house, shop, params=text, parameters={"least": "integer", "city": "string"})
    app = house.open("playground", NEGAR, source=shop)
    app.selectbox(key=f"query_{shop}_fa").select(saved.id).run()
    app.button(key="query_use").click().run()
    assert "least" in " ".join(error.value for error in app.error)
    app.number_input(key=f"ltr_query_{saved.id}_least").set_value(7)
    app.text_input(key=f"ltr_query_{saved.id}_city").input("تهران")
    app.button(key="query_use").click().run()
    assert json.loads(app.text_area(key=f"ltr_params_{shop}").value)["args"] == [7, "تهران"]


@LANGS
def test_under_the_policy_the_page_says_so_and_refuses_the_rest(house: House, source: str, lang: str) -> None:
    saved = save(house, source)
    only_approved(house)
    app = house.open("playground", NEGAR, source=source, lang=lang)
    app.text_area(key=f"ltr_params_{source}").input('{"table": "orders"}').run()
    assert not app.exception
    assert app.button(key="run").disabled
    assert len(app.info) == 1
    assert ("approved" if lang == "en" else "تأیید") in " ".join(error.value for error in app.error)
    house.run(house.runtime.queries.approve(house.local, ORG, saved.id))
    app.run()
    assert not app.error
    app.button(key="run").click().run()
    assert app.dataframe[0].value.shape == (1, 1)


def test_under_the_policy_the_editor_begins_with_what_may_run(house: House, shop: str) -> None:
    asks = {"sql": "SELECT id FROM orders WHERE id = $1", "args": [{"$param": "id"}]}
    ready = {"sql": "SELECT id FROM orders"}
    save(house, shop, name="not approved", params={"sql": "SELECT 1"})
    for name, more in (("asks", {"params": asks, "parameters": {"id": "integer"}}), ("ready", {"params": ready})):
        house.run(house.runtime.queries.approve(house.local, ORG, save(house, shop, name=name, **more).id))
    assert begins_with(house.open("playground", NEGAR, source=shop), shop) != ready
    only_approved(house)
    app = house.open("playground", NEGAR, source=shop)
    assert begins_with(app, shop) == ready
    assert not app.error
    assert not app.button(key="run").disabled


def test_under_the_policy_the_editor_is_empty_while_nothing_may_run(house: House, shop: str) -> None:
    only_approved(house)
    app = house.open("playground", NEGAR, source=shop)
    assert app.text_area(key=f"ltr_params_{shop}").value == ""
    assert not app.error
    assert app.button(key="run").disabled


def begins_with(app: Any, source: str) -> Any:
    return json.loads(app.text_area(key=f"ltr_params_{source}").value)


@LANGS
def test_an_administrator_sets_the_policy_approves_and_revokes(house: House, source: str, lang: str) -> None:
    saved = save(house, source, shared=False)
    house.run(house.runtime.queries.request(house.actor(NEGAR), ORG, saved.id))
    app = house.open("admin", tab="queries", lang=lang)
    app.radio(key=state.in_words("admin_policy", lang)).set_value(SamplePolicy.APPROVED_ONLY).run()
    app.button(key="policy_save").click().run()
    assert house.run(house.runtime.queries.policy(house.local, ORG)) is SamplePolicy.APPROVED_ONLY
    assert column(app, "queries", "name") == ["سفارش‌ها"]
    app = press(app, "queries", "approve", 0)
    assert '"orders"' in " ".join(code.value for code in app.code)
    app.button(key="query_approve_go").click().run()
    assert (present(house).status, present(house).decided_by) == (QueryStatus.APPROVED, "مریم")
    app = press(app, "queries", "revoke", 0)
    app.button(key="query_revoke_go").click().run()
    assert present(house).status is QueryStatus.REVOKED


def test_what_was_changed_while_it_was_read_is_not_approved(house: House, source: str) -> None:
    saved = save(house, source)
    app = press(house.open("admin", tab="queries", lang="en"), "queries", "approve", 0)
    house.run(house.runtime.queries.update(house.actor(NEGAR), ORG, saved.id, {"params": {"table": "salaries"}}))
    app.button(key="query_approve_go").click().run()
    assert "changed this query" in texts(app) + " ".join(error.value for error in app.error)
    assert present(house).status is QueryStatus.DRAFT


def test_a_run_is_listed_and_put_back_into_the_editor(house: House, source: str) -> None:
    app = house.open("playground", NEGAR, source=source)
    app.text_area(key=f"ltr_params_{source}").input('{"table": "first"}').run()
    app.button(key="run").click().run()
    app.text_area(key=f"ltr_params_{source}").input('{"table": "second"}').run()
    assert column(app, "runs", "rows") == ["۱"]
    app = press(app, "runs", "again", 0)
    assert not app.exception
    assert json.loads(app.text_area(key=f"ltr_params_{source}").value) == {"table": "first"}
