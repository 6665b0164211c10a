"""The browser's way back leads to the filter, the tab, the range and the source before; in Chromium."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PAGE_LIMIT_MS, Dashboard
from tests.browser.steps import add, drawn, ping, sign_in
from tests.browser.visitor import Visitor
from tests.servers.postgres import PostgresServer

expect.set_options(timeout=PAGE_LIMIT_MS)
LANGS = pytest.mark.parametrize("lang", ["fa", "en"])
GRID = ".st-key-mirrored_sources_table .dvn-scroller"
FROM_THE_RIGHT = 131
"""Where the letters of a short name stand in the list: behind the status."""


@LANGS
def test_it_leads_to_the_tab_the_range_and_the_filter_before(
    dashboard: Dashboard, page: Page, postgres: PostgresServer, lang: str
) -> None:
    sign_in(page, dashboard)
    source = add(page, dashboard, "انبار", postgres, postgres.port)
    ping(page, dashboard, source)
    visitor = Visitor(page, dashboard.url, lang)
    visitor.open()
    search = page.get_by_placeholder(visitor.text("sources.search.placeholder"))
    search.fill("انبار")
    search.press("Enter")
    expect(page).to_have_url(re.compile("q="))
    visitor.open(f"source?source={source}")
    overview, metrics = visitor.tab("source.tab.overview"), visitor.tab("source.tab.metrics")
    day, week = (page.get_by_role("radio", name=visitor.text(f"history.range.{name}")) for name in ("24h", "7d"))
    metrics.click()
    week.click()
    expect(page).to_have_url(re.compile("range=7d"))
    page.go_back()
    expect(day).to_be_checked()
    expect(metrics).to_have_attribute("aria-selected", "true")
    page.go_back()
    expect(overview).to_have_attribute("aria-selected", "true")
    page.go_forward()
    expect(metrics).to_have_attribute("aria-selected", "true")
    page.go_forward()
    expect(week).to_be_checked()
    for _ in range(3):
        page.go_back()
    expect(search).to_have_value("انبار")
    page.go_back()
    expect(search).to_have_value("")
    assert visitor.trouble == []


def test_days_are_one_step(dashboard: Dashboard, page: Page, postgres: PostgresServer) -> None:
    sign_in(page, dashboard)
    add(page, dashboard, "انبار", postgres, postgres.port)
    visitor = Visitor(page, dashboard.url, "fa")
    visitor.open("health")
    page.get_by_role("radio", name=visitor.text("history.range.custom")).click()
    expect(page).to_have_url(re.compile("range=custom"))
    page.go_back()
    expect(page.get_by_role("radio", name=visitor.text("history.range.24h"))).to_be_checked()
    expect(page).not_to_have_url(re.compile("range|from|to="))
    assert visitor.trouble == []


def test_it_leads_to_the_source_before_in_the_playground(
    dashboard: Dashboard, page: Page, postgres: PostgresServer
) -> None:
    sign_in(page, dashboard)
    for name in ("انبار", "پایانه"):
        add(page, dashboard, name, postgres, postgres.port)
    visitor = Visitor(page, dashboard.url, "fa")
    visitor.open()
    visitor.to_page("nav.playground")
    chosen = page.get_by_label(visitor.text("playground.source"), exact=True)
    expect(chosen).to_have_value(re.compile("انبار"))
    chosen.click()
    page.get_by_role("option", name=re.compile("پایانه")).click()
    expect(page).to_have_url(re.compile("source="))
    expect(chosen).to_have_value(re.compile("پایانه"))
    page.go_back()
    expect(chosen).to_have_value(re.compile("انبار"))
    page.go_back()
    expect(page.get_by_role("heading", name=visitor.text("sources.title"))).to_be_visible()
    assert visitor.trouble == []


def test_presses_in_quick_succession_all_hold(dashboard: Dashboard, page: Page, postgres: PostgresServer) -> None:
    sign_in(page, dashboard)
    source = add(page, dashboard, "انبار", postgres, postgres.port)
    ping(page, dashboard, source)
    visitor = Visitor(page, dashboard.url, "fa")
    visitor.open(f"source?source={source}&tab=metrics")
    week = page.get_by_role("radio", name=visitor.text("history.range.7d"))
    expect(week).to_be_visible()
    playground = visitor.tab("source.tab.playground")
    # Both are sent before an answer to the first can be here.
    presses = "([first, second]) => { first.click(); setTimeout(() => second.click(), 20); }"
    page.evaluate(presses, [week.element_handle(), playground.element_handle()])
    expect(playground).to_have_attribute("aria-selected", "true")
    expect(page).to_have_url(re.compile("tab=playground"))
    page.wait_for_timeout(1500)  # longer than a run that would undo it
    expect(playground).to_have_attribute("aria-selected", "true")
    assert visitor.trouble == []


def test_another_page_is_one_step(dashboard: Dashboard, page: Page, postgres: PostgresServer) -> None:
    sign_in(page, dashboard)
    source = add(page, dashboard, "انبار", postgres, postgres.port)
    visitor = Visitor(page, dashboard.url, "fa")
    visitor.open(f"source?source={source}")
    visitor.button("source.clone").click()
    expect(page).to_have_url(re.compile("/add.*from="))
    page.go_back()
    expect(page).to_have_url(re.compile(f"/source.*source={source}"))
    expect(visitor.heading("انبار")).to_be_visible()
    visitor.open("?q=انبار")
    search = page.get_by_placeholder(visitor.text("sources.search.placeholder"))
    expect(search).to_have_value("انبار")
    grid = page.locator(GRID)
    grid.wait_for()
    drawn(page)
    box = grid.bounding_box()
    assert box is not None
    grid.click(position={"x": box["width"] - FROM_THE_RIGHT, "y": 55})
    expect(page).to_have_url(re.compile(f"/source.*source={source}"))
    page.go_back()
    expect(page).to_have_url(re.compile("q="))
    expect(search).to_have_value("انبار")
    assert visitor.trouble == []
