"""A sample in Chromium: its views, and its files on disk."""

import io
import json
from urllib.parse import urlencode

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page, expect

from core.exports.parquet import CARD_KEY
from tests.browser.conftest import Dashboard
from tests.browser.steps import LIMIT_MS, add, settled, sign_in
from tests.servers.postgres import PostgresServer

expect.set_options(timeout=LIMIT_MS)
SCHEMA = """drop schema if exists shown cascade; create schema shown; grant usage on schema shown to {user};
create table shown.sales as select n as order_id, (array['تهران', 'مشهد', 'شیراز'])[1 + n % 3] as city,
 round((n * n % 97)::numeric * 12.5, 2) as amount, timestamptz '2026-03-20 20:30Z' + n * interval '19 hours' as at,
 case when n % 5 = 0 then ' علي ۱2' else 'سفارش' end as note, decode('89504e47', 'hex') as raw,
 jsonb_build_object('n', n) as doc from generate_series(1, 60) n;
grant select on shown.sales to {user};"""
WORDS = {
    "fa": {"columns": "ستون‌ها", "chart": "نمودار", "run": "اجرا", "download": "دریافت"},
    "en": {"columns": "Columns", "chart": "Chart", "run": "Run", "download": "Download"},
}

TOOLS = 3
"""Columns, search and the whole screen; Streamlit's own CSV, which neutralises nothing, is not among them."""


@pytest.fixture
def sales(postgres: PostgresServer):
    postgres.execute(SCHEMA.format(user=postgres.user))
    yield
    postgres.execute("drop schema shown cascade")


def opened(page: Page, dashboard: Dashboard, postgres: PostgresServer, lang: str) -> None:
    sign_in(page, dashboard)
    source = add(page, dashboard, "فروش", postgres, postgres.port)
    page.goto(f"{dashboard.url}/playground?{urlencode({'source': source, 'lang': lang})}")
    settled(page)
    page.locator("textarea").first.fill('{"table": "shown.sales", "limit": 50}')
    page.locator("textarea").first.press("Control+Enter")
    settled(page)
    page.locator(".st-key-run button").click()
    expect(page.locator("[data-testid=stDataFrame]").first).to_be_visible()


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_every_view_is_drawn_and_every_file_comes(
    page: Page, dashboard: Dashboard, postgres: PostgresServer, sales: None, lang: str
) -> None:
    opened(page, dashboard, postgres, lang)
    page.locator("[data-testid=stDataFrame]").first.hover()
    tools = page.locator("[data-testid=stElementToolbarButton] button:visible")
    expect(tools).to_have_count(TOOLS)
    assert not [label for tool in tools.all() if "CSV" in (label := tool.get_attribute("aria-label") or "")]
    files = {}
    page.locator("[data-testid=stPopover] button").first.click()
    for ending in ("csv", "xlsx", "jsonl", "parquet", "card-json"):
        with page.expect_download() as coming:
            page.locator(f".st-key-download_{ending} button:visible").first.click()
        files[ending] = coming.value.path().read_bytes()
    card = json.loads(files["card-json"])
    assert json.loads(pq.read_schema(io.BytesIO(files["parquet"])).metadata[CARD_KEY]) == card
    assert (card["rows"], card["request"]) == (50, {"table": "shown.sales", "limit": 50})
    assert files["xlsx"].startswith(b"PK")
    assert len(files["jsonl"].splitlines()) == len(files["csv"].splitlines()) - 1 == 50
    page.keyboard.press("Escape")
    page.get_by_role("tab", name=WORDS[lang]["columns"], exact=True).click()
    expect(
        page.locator(".st-key-profile_histogram .js-plotly-plot, .st-key-mirrored_profile_table").first
    ).to_be_visible()
    page.get_by_role("tab", name=WORDS[lang]["chart"], exact=True).click()
    expect(page.locator("[data-testid=stPlotlyChart] .main-svg").first).to_be_visible()
