"""The ladder in Chromium: rung by rung on a source's page and in the wizard, in both languages."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Dashboard
from tests.browser.steps import add, settled, sign_in
from tests.servers.postgres import PostgresServer

WORDS = {
    "fa": ("رمزنگاری ارتباط", "گیر کار: ورود به منبع", "گذرواژه"),
    "en": ("Encryption", "Stops at: Sign-in", "Password"),
}


@pytest.mark.parametrize("lang", WORDS)
def test_a_ladder_that_hangs_shows_where_and_can_be_stopped(
    page: Page, dashboard: Dashboard, postgres: PostgresServer, silent_port: int, lang: str
) -> None:
    sign_in(page, dashboard)
    source = add(page, dashboard, "silent", postgres, silent_port)
    page.goto(f"{dashboard.url}/source?source={source}&lang={lang}")
    page.locator(".st-key-climb button").first.click()
    under_way = page.locator(".st-key-checks p", has=page.get_by_text("progress_activity"))
    expect(under_way).to_contain_text(WORDS[lang][0])
    page.locator(".st-key-climb_cancel button").click()
    expect(page.locator(".st-key-climb_cancel")).to_have_count(0)
    expect(page.locator(".st-key-climb button").first).to_be_enabled()


@pytest.mark.parametrize("lang", WORDS)
def test_a_wrong_password_is_found_on_the_page_and_in_the_wizard(
    page: Page, dashboard: Dashboard, postgres: PostgresServer, lang: str
) -> None:
    sign_in(page, dashboard)
    source = add(page, dashboard, "orders", postgres, postgres.port)
    origin = {"Origin": dashboard.url}
    change = {"config": {"password": "Zq7-never-shown"}}
    page.request.patch(f"{dashboard.url}/orgs/main/datasources/{source}", data=change, headers=origin)
    page.goto(f"{dashboard.url}/source?source={source}&lang={lang}")
    page.locator(".st-key-climb button").first.click()
    _, stops, field = WORDS[lang]
    expect(page.locator(".st-key-ladder")).to_contain_text(stops)
    expect(page.locator(".st-key-check_help_auth")).to_contain_text(field)

    page.goto(f"{dashboard.url}/add?lang={lang}")
    page.locator(".st-key-choose_postgres button").click()
    page.locator(".st-key-about_name input").fill("another")
    given = {"host": postgres.host, "port": str(postgres.port), "database": postgres.database, "user": postgres.user}
    for name, value in {**given, "password": "Zq7-never-shown"}.items():
        page.locator(f".st-key-ltr_postgres_{name} input").fill(value)
        page.locator(f".st-key-ltr_postgres_{name} input").press("Tab")
    settled(page)
    page.locator(".st-key-add_continue button").click()
    expect(page.locator(".st-key-summary")).to_contain_text(field)
    expect(page.locator(".st-key-check_help_auth")).to_contain_text(field)
    assert "Zq7-never-shown" not in page.content()
