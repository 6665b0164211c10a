"""The form of a new password is filled in with the keyboard alone; in Chromium."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import PAGE_LIMIT_MS, Dashboard
from tests.browser.steps import sign_in
from tests.browser.visitor import PASSWORD, Visitor

expect.set_options(timeout=PAGE_LIMIT_MS)


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
