"""A sample in Chromium: its views, and its files on disk."""

import csv
import io
import json

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import expect

from core.exports import CARD, FORMATS
from core.exports.parquet import CARD_KEY
from tests.browser.conftest import Dashboard
from tests.browser.steps import LIMIT_MS, add
from tests.browser.visitor import Visitor, settled
from tests.exports.test_excel import sheets
from tests.servers.postgres import PostgresServer

expect.set_options(timeout=LIMIT_MS)
SCHEMA = """drop schema if exists shown cascade; create schema shown; grant usage on schema shown to {user};
create table shown.sales as select n as order_id, (array['تهران', 'مشهد', 'شیراز'])[1 + n % 3] as city,
 round((n * n % 97)::numeric * 12.5, 2) as amount, timestamptz '2026-03-20 20:30Z' + n * interval '19 hours' as at,
 case when n % 5 = 0 then ' علي ۱2' else 'سفارش' end as note, decode('89504e47', 'hex') as raw,
 jsonb_build_object('n', n) as doc from generate_series(1, 60) n;
grant select on shown.sales to {user};"""
TOOLS = 3
"""Columns, search and the whole screen; Streamlit's own CSV, which neutralises nothing, is not among them."""


@pytest.fixture
def sales(postgres: PostgresServer):
    postgres.execute(SCHEMA.format(user=postgres.user))
    yield
    postgres.execute("drop schema shown cascade")


def sampled(visitor: Visitor, name: str, source: str) -> None:
    """From the list of pages to the rows."""
    visitor.to_page("nav.playground")
    visitor.field("playground.source").click()
    visitor.page.get_by_role("option", name=name).click()
    request = visitor.field("playground.params", visitor.page.locator(f"[class*=st-key-ltr_params_{source}]"))
    request.fill('{"table": "shown.sales", "limit": 50}')
    request.press("Control+Enter")
    settled(visitor.page)
    visitor.button("playground.run").click()
    expect(visitor.page.locator("[data-testid=stDataFrame]").first).to_be_visible()


def taken_away(visitor: Visitor) -> dict[str, bytes]:
    """Every file, by its ending."""
    files = {}
    visitor.button("playground.download").click()
    for ending in (*FORMATS, CARD):
        with visitor.page.expect_download() as coming:
            visitor.button(f"playground.download.{ending}").click()
        files[ending] = coming.value.path().read_bytes()
    visitor.page.keyboard.press("Escape")
    return files


def test_every_view_is_drawn_and_every_file_holds_the_rows(
    visitor: Visitor, shared: Dashboard, postgres: PostgresServer, sales: None
) -> None:
    visitor.sign_in()
    page, name = visitor.page, f"فروش {visitor.lang}"
    source = add(page, shared, name, postgres, postgres.port)
    sampled(visitor, name, source)
    page.locator("[data-testid=stDataFrame]").first.hover()
    tools = page.locator("[data-testid=stElementToolbarButton] button:visible")
    expect(tools).to_have_count(TOOLS)
    assert not [label for tool in tools.all() if "CSV" in (label := tool.get_attribute("aria-label") or "")]
    hold_the_rows(taken_away(visitor))
    visitor.tab("playground.view.columns").click()
    expect(
        page.locator(".st-key-profile_histogram .js-plotly-plot, .st-key-mirrored_profile_table").first
    ).to_be_visible()
    visitor.tab("playground.view.chart").click()
    expect(page.locator("[data-testid=stPlotlyChart] .main-svg").first).to_be_visible()
    with page.expect_download() as coming:
        page.locator("[data-testid=stPlotlyChart] .modebar-btn").first.click()
    assert coming.value.path().read_bytes().startswith(b"\x89PNG")


def hold_the_rows(files: dict[str, bytes]) -> None:
    """Those that were asked for, in their order, and each with the same card."""
    card = json.loads(files[CARD])
    assert json.loads(pq.read_schema(io.BytesIO(files["parquet"])).metadata[CARD_KEY]) == card
    assert (card["rows"], card["request"]) == (50, {"table": "shown.sales", "limit": 50})
    orders = [str(number) for number in range(1, 51)]
    lines = csv.DictReader(files["csv"].decode("utf-8-sig").splitlines())
    assert [line["order_id"] for line in lines] == orders
    assert [str(json.loads(line)["order_id"]) for line in files["jsonl"].splitlines()] == orders
    assert [str(row) for row in pq.read_table(io.BytesIO(files["parquet"]))["order_id"].to_pylist()] == orders
    rows, _ = sheets(files["xlsx"])
    assert [str(int(rows[f"A{number}"])) for number in range(2, 52)] == orders
    assert "A52" not in rows
