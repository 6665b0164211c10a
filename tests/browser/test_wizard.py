"""Adding a source in Chromium: what is pasted, and inputs that come and go with a choice."""

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import Dashboard
from tests.browser.test_journey import LIMIT_MS, settled, sign_in

SECRET = "Zq7-never-shown"


@pytest.mark.parametrize("by", ["key", "button"])
def test_a_pasted_string_fills_the_form_and_is_gone(
    context: BrowserContext, dashboard: Dashboard, refused_port: int, by: str
) -> None:
    page = context.new_page()
    page.set_default_timeout(LIMIT_MS)
    sign_in(page, dashboard)
    page.goto(f"{dashboard.url}/add")
    box = page.locator(".st-key-ltr_add_pasted input")
    expect(box).to_have_attribute("type", "password")
    box.fill(f"postgresql://reader:{SECRET}@127.0.0.1:{refused_port}/shop")
    if by == "key":
        box.press("Enter")
    else:
        page.locator(".st-key-add_paste button").click()
    expect(page.locator(".st-key-ltr_postgres_host input")).to_have_value("127.0.0.1")
    expect(page.locator(".st-key-about_name input")).to_have_value("shop")
    page.locator(".st-key-ltr_postgres_user input").fill("analyst")
    page.locator(".st-key-add_continue button").click()
    expect(page.locator(".st-key-summary")).to_contain_text("analyst")
    settled(page)
    assert SECRET not in page.content() + page.url
    page.locator(".st-key-add_fix button").click()
    expect(page.locator(".st-key-ltr_postgres_user input")).to_have_value("analyst")
    page.locator(".st-key-add_back button").click()
    expect(box).to_have_value("")
    assert SECRET not in page.content() + page.url


def test_an_input_comes_and_goes_with_the_one_it_depends_on(context: BrowserContext, dashboard: Dashboard) -> None:
    page = context.new_page()
    page.set_default_timeout(LIMIT_MS)
    sign_in(page, dashboard)
    page.goto(f"{dashboard.url}/add")
    page.locator(".st-key-choose_mongodb button").click()
    page.locator(".st-key-ltr_mongodb_database input").fill("orders")
    verify = page.locator(".st-key-ltr_mongodb_tls_verify")
    expect(verify).to_have_count(0)
    page.locator(".st-key-ltr_mongodb_tls label").first.click()
    expect(verify).to_have_count(1)
    expect(page.locator(".st-key-ltr_mongodb_database input")).to_have_value("orders")
    page.locator(".st-key-ltr_mongodb_tls label").first.click()
    expect(verify).to_have_count(0)
