"""The playground, on its own page and on a source's."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from streamlit.testing.v1 import AppTest

from core.exports.delimited import as_csv, as_json_lines
from core.i18n import translator
from core.models import Actor, Column, Role, Sample
from tests.ui.conftest import Open, texts
from tests.ui.fakes import FakeRuntime
from tests.ui.samples import source_id
from ui import params, state

WELL, SUSPENDED, UNKNOWN = (str(source_id(name)) for name in ("پروازها", "انبار مشهد", "بایگانی"))
ODD = Sample(
    (Column("نام", "string"), Column("price", "decimal"), Column("at", "timestamptz"), Column("doc", "json")),
    (("=1+1, «الف»", Decimal("1.10"), datetime(2026, 11, 22, tzinfo=UTC), {"a": [1]}), (None, None, None, None)),
)


def editor(app: AppTest) -> dict[str, object]:
    found: dict[str, object] = json.loads(app.text_area[0].value)
    return found


def branches(app: AppTest) -> list[str]:
    """Names in the tree, in its order, without the marks that hold their direction."""
    labels = [button.label for button in app.button if (button.key or "").startswith("entry_")]
    return [label.split(" ")[0].strip("\u2066\u2069") for label in labels]


def write(app: AppTest, text: str) -> AppTest:
    return app.text_area[0].input(text).run()


@pytest.fixture(params=["playground", "source"])
def app(request: pytest.FixtureRequest, open_page: Open) -> AppTest:
    """Both places of the one playground."""
    return open_page(request.param, source=WELL, **({"tab": "playground"} if request.param == "source" else {}))


def test_it_opens_with_a_request_for_the_first_table(app: AppTest) -> None:
    assert not app.exception
    assert editor(app) == {"table": "public.flights", "limit": 50}
    assert not app.button(key="run").disabled


def test_the_tree_opens_where_that_table_is(app: AppTest) -> None:
    assert branches(app) == ["public", "flights", "airports", "sales"]


def test_a_press_on_a_table_writes_its_request_and_opens_its_columns(app: AppTest) -> None:
    app.button(key=f"entry_{WELL}_public.flights").click().run()
    assert "carrier" in texts(app)
    app.button(key=f"entry_{WELL}_public.airports").click().run()
    assert editor(app) == {"table": "public.airports", "limit": 50}


def test_a_branch_that_is_pressed_again_closes(app: AppTest) -> None:
    app.button(key=f"entry_{WELL}_public").click().run()
    assert branches(app) == ["public", "sales"]


def test_a_level_is_asked_anew_only_on_demand(app: AppTest, runtime: FakeRuntime) -> None:
    app.button(key="browse_refresh").click().run()
    assert {call[1] for call in runtime.sources.calls if call[0] == "catalog" and call[2]} == {"", "public"}


def test_a_sample_says_that_it_was_cut_and_what_was_executed(app: AppTest) -> None:
    app.button(key="run").click().run()
    assert not app.exception
    assert "۵۰ سطر" in texts(app)
    assert "۵۰ سطر نخست" in app.warning[0].value
    assert app.code[0].value.startswith("SELECT")
    assert app.dataframe[0].value.shape == (50, 4)


def test_text_that_is_no_json_is_refused_with_its_place(app: AppTest) -> None:
    write(app, '{"table": ')
    assert "سطر" in app.error[0].value
    assert app.button(key="run").disabled


@pytest.mark.parametrize("written", ["[1]", "3", "null", "[" * 100_000])
def test_parameters_must_be_one_object(open_page: Open, written: str) -> None:
    app = write(open_page("playground", source=WELL), written)
    assert not app.exception
    assert app.button(key="run").disabled


def test_a_wrong_parameter_is_named_before_anything_is_sent(app: AppTest, runtime: FakeRuntime) -> None:
    write(app, '{"limit": 5000}')
    assert app.error[0].value.startswith("`limit` ")
    assert app.button(key="run").disabled
    assert not [call for call in runtime.sources.calls if call[0] == "sample"]


def test_a_refused_query_is_said_while_it_is_written(app: AppTest) -> None:
    write(app, '{"sql": "drop table x"}')
    assert "مجاز نیست" in app.error[0].value
    assert app.button(key="run").disabled


def test_a_sample_that_fails_is_a_box_and_no_traceback(app: AppTest) -> None:
    write(app, '{"sql": "select 1"}')
    app.button(key="run").click().run()
    assert not app.exception
    assert "مجاز نیست" in texts(app)


def test_the_example_of_the_kind_can_be_called_back(app: AppTest) -> None:
    write(app, "{}")
    app.button(key="reset").click().run()
    assert editor(app) == {"table": "public.flights", "limit": 50}


@pytest.mark.parametrize("source", [SUSPENDED, UNKNOWN])
def test_a_source_that_is_not_known_to_be_well_is_not_asked_by_itself(
    open_page: Open, runtime: FakeRuntime, source: str
) -> None:
    app = open_page("playground", source=source)
    assert runtime.sources.calls == []
    app.button(key="browse_open").click().run()
    assert not app.exception
    assert ("catalog", "", False) in runtime.sources.calls


def test_a_source_that_does_not_tell_what_it_holds_is_asked_once(open_page: Open, runtime: FakeRuntime) -> None:
    app = open_page("playground", source=SUSPENDED)
    app.button(key="browse_open").click().run().run()
    assert "10.4.1.20" in texts(app)
    assert runtime.sources.calls.count(("catalog", "", False)) == 1


def test_the_chosen_source_stands_in_the_address(open_page: Open) -> None:
    app = open_page("playground")
    app.selectbox(key=state.CHOSEN).select(UNKNOWN).run()
    assert app.query_params["source"] == UNKNOWN


@pytest.mark.parametrize(
    "spelling", [str.upper, "{{{}}}".format, lambda one: one.replace("-", ""), "urn:uuid:{}".format]
)
def test_an_id_in_another_spelling_is_the_same_source(open_page: Open, spelling: Callable[[str], str]) -> None:
    app = open_page("playground", source=spelling(UNKNOWN))
    assert app.selectbox(key=state.CHOSEN).value == UNKNOWN
    assert app.query_params["source"] == UNKNOWN


def test_a_healthy_source_is_chosen_first(open_page: Open) -> None:
    assert open_page("playground").selectbox(key=state.CHOSEN).value == str(source_id("پروازها"))


def test_an_answer_is_gone_when_another_source_is_chosen(open_page: Open) -> None:
    app = open_page("playground", source=WELL)
    app.button(key="run").click().run()
    app.selectbox(key=state.CHOSEN).select(UNKNOWN).run()
    assert not app.dataframe


def test_a_foreign_source_is_no_source(open_page: Open) -> None:
    app = open_page("playground", source="00000000-0000-0000-0000-000000000000")
    assert "چنین چیزی وجود ندارد" in texts(app)


def test_without_sources_the_next_step_is_to_add_one(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.sources.sources.clear()
    assert open_page("playground").button(key="first_source")


def test_a_viewer_is_told_which_role_it_takes(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.access.actor = Actor("نگار", {"main": Role.VIEWER})
    app = open_page("playground", source=WELL)
    assert "نقش تحلیلگر" in texts(app)
    assert not app.text_area
    assert runtime.sources.calls == []


def test_half_a_letter_keeps_nobody_from_the_csv() -> None:
    assert as_csv(Sample((Column("a", "string"),), (("\ud800",),))).decode("utf-8-sig").splitlines() == ["a", "\ufffd"]


def test_csv_carries_nothing_out_and_leaves_numbers_alone() -> None:
    columns = (Column("=HYPERLINK(1)", "string"), Column("amount", "decimal"), Column("n", "integer"))
    rows = [("=cmd|' /C calc'!A0", Decimal("-12.50"), -3), ("@SUM(A1)", None, 4), ("\t+1", Decimal(0), 0)]
    head, *lines = csv.reader(io.StringIO(as_csv(Sample(columns, rows)).decode("utf-8-sig")))
    assert head == ["'=HYPERLINK(1)", "amount", "n"]
    assert lines == [["'=cmd|' /C calc'!A0", "-12.50", "-3"], ["'@SUM(A1)", "", "4"], ["'\t+1", "0", "0"]]


def test_rows_are_taken_away_as_csv_that_spreadsheets_read() -> None:
    text = as_csv(ODD).decode("utf-8-sig")
    head, first, second = csv.reader(io.StringIO(text))
    assert head == ["نام", "price", "at", "doc"]
    assert first == ["'=1+1, «الف»", "1.10", "2026-11-22T00:00:00+00:00", '{"a": [1]}']
    assert second == ["", "", "", ""]


def test_rows_are_taken_away_as_one_json_object_a_line() -> None:
    first, second = (json.loads(line) for line in as_json_lines(ODD).decode().splitlines())
    assert first == {"نام": "=1+1, «الف»", "price": "1.10", "at": "2026-11-22T00:00:00+00:00", "doc": {"a": [1]}}
    assert second == dict.fromkeys(("نام", "price", "at", "doc"))


def test_a_number_longer_than_python_takes_is_no_object() -> None:
    assert params.parsed('{"limit": ' + "9" * 5000 + "}", translator("en")) is None


def test_a_request_that_is_half_written_outlives_a_look_at_another_page(open_page: Open) -> None:
    app = open_page("playground", source=WELL)
    app.text_area[0].input('{"path": "/half').run()
    app.switch_page("../pages/health.py").run()
    assert not app.text_area
    app.query_params["source"] = WELL
    app.switch_page("../pages/playground.py").run()
    assert app.text_area[0].value == '{"path": "/half'
