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


PASTED: dict[str, dict[str, str]] = {
    f"postgres://reader:{SECRET}@db.example.ir:6432/shop": {
        "postgres_host": "db.example.ir",
        "postgres_port": "6432",
        "postgres_database": "shop",
        "postgres_user": "reader",
    },
    f"mongodb://reader:{SECRET}@db.example.ir:27018/orders?authSource=admin": {
        "mongodb_database": "orders",
        "mongodb_user": "reader",
        "mongodb_hosts": "db.example.ir:27018",
    },
    f"https://reader:{SECRET}@api.example.ir/v1": {
        "rest_base_url": "https://api.example.ir/v1",
        "rest_auth-username": "reader",
    },
    "s3://reports/2026/": {"s3_bucket": "reports", "s3_prefix": "2026/"},
    f'{{"url": "https://minio.example.ir:9000", "accessKey": "AK", "secretKey": "{SECRET}", "api": "s3v4"}}': {
        "s3_endpoint_url": "https://minio.example.ir:9000",
        "s3_access_key_id": "AK",
    },
}
"""Every form of text that people paste, and the inputs that it fills."""


def test_every_form_of_pasted_text_fills_the_form_of_its_kind(context: BrowserContext, dashboard: Dashboard) -> None:
    page = context.new_page()
    page.set_default_timeout(LIMIT_MS)
    sign_in(page, dashboard)
    for text, inputs in PASTED.items():
        page.goto(f"{dashboard.url}/add")
        page.locator(".st-key-ltr_add_pasted input").fill(text)
        page.locator(".st-key-add_paste button").click()
        for name, value in inputs.items():
            expect(page.locator(f".st-key-ltr_{name} :is(input, textarea)")).to_have_value(value, timeout=LIMIT_MS)
        settled(page)  # until then the input stands there into which it was pasted
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
