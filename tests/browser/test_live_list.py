"""A list that is left open follows what others find out; in Chromium."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import PAGE_LIMIT_MS, Dashboard
from tests.browser.steps import add, ping, sign_in
from tests.browser.visitor import Visitor
from tests.servers.postgres import PostgresServer

expect.set_options(timeout=PAGE_LIMIT_MS)


def test_a_list_that_nobody_touches_shows_a_status_that_changed(
    dashboard: Dashboard, page: Page, postgres: PostgresServer
) -> None:
    sign_in(page, dashboard)
    first, second = (add(page, dashboard, name, postgres, postgres.port) for name in ("انبار", "پایانه"))
    visitor = Visitor(page, dashboard.url, "fa")
    visitor.open()
    expect(visitor.row("انبار")).to_contain_text(visitor.text("status.unknown"))
    ping(page, dashboard, first)
    expect(visitor.row("انبار")).to_contain_text(visitor.text("status.healthy"))
    page.locator(".st-key-page_help button:visible").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    ping(page, dashboard, second)
    page.wait_for_timeout(12_000)  # longer than from one look to the next
    expect(dialog).to_be_visible()
    expect(visitor.row("پایانه")).to_contain_text(visitor.text("status.unknown"))
    page.keyboard.press("Escape")
    expect(visitor.row("پایانه")).to_contain_text(visitor.text("status.healthy"))
    assert visitor.trouble == []
