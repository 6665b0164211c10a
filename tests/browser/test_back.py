"""The browser's way back leads to the tab, the range and the source before, and the page follows; in Chromium."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import PAGE_LIMIT_MS, Dashboard
from tests.browser.steps import add, ping, sign_in
from tests.browser.visitor import PASSWORD, Visitor
from tests.servers.postgres import PostgresServer

expect.set_options(timeout=PAGE_LIMIT_MS)


def test_back_leads_to_the_tab_and_the_range_before(dashboard: Dashboard, page: Page, postgres: PostgresServer) -> None:
    sign_in(page, dashboard)
    source = add(page, dashboard, "انبار", postgres, postgres.port)
    ping(page, dashboard, source)
    visitor = Visitor(page, dashboard.url, "fa")
    visitor.open(f"source?source={source}")
    overview, metrics = visitor.tab("source.tab.overview"), visitor.tab("source.tab.metrics")
    metrics.click()
    week = page.get_by_role("radio", name=visitor.text("history.range.7d"))
    week.click()
    expect(page).to_have_url(re.compile("range=7d"))
    page.go_back()
    expect(page.get_by_role("radio", name=visitor.text("history.range.24h"))).to_be_checked()
    expect(metrics).to_have_attribute("aria-selected", "true")
    page.go_back()
    expect(overview).to_have_attribute("aria-selected", "true")
    expect(page.locator(".st-key-facts, .facts").first).to_be_visible()
    assert visitor.trouble == []


def test_back_leads_to_the_source_before_in_the_playground(
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


def test_a_new_password_is_typed_with_the_keyboard_alone(dashboard: Dashboard, page: Page) -> None:
    sign_in(page, dashboard)
    visitor = Visitor(page, dashboard.url, "fa")
    visitor.open("account")
    old = page.locator('[data-testid="stForm"] input[type=password]').first
    old.focus()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Tab")
    page.wait_for_timeout(1500)  # longer than a form that was sent takes to be empty
    expect(old).to_have_value(PASSWORD)
    assert visitor.trouble == []
