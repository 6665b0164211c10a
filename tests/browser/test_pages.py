"""The pages beside the list, in Chromium, against a real dashboard and a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Dashboard
from tests.browser.steps import LIMIT_MS, add, ping, settled, sign_in
from tests.servers.postgres import PostgresServer

GRID = ".st-key-mirrored_sources_table .dvn-scroller"
EDITOR = '[class*="st-key-ltr_params_"] textarea'


@pytest.fixture
def shop(postgres: PostgresServer) -> Iterator[PostgresServer]:
    """A table of three rows that the app may read."""
    postgres.execute(
        "CREATE TABLE shop_items (id int, name text); INSERT INTO shop_items VALUES (1, 'چای'), (2, 'قند')"
    )
    postgres.execute(f"GRANT SELECT ON shop_items TO {postgres.user}")
    yield postgres
    postgres.execute("DROP TABLE shop_items")


@pytest.mark.parametrize(
    ("query", "root"), [("", '<html lang="fa" dir="rtl">'), ("?lang=en", '<html lang="en" dir="ltr">')]
)
def test_the_document_names_its_language_before_any_script_runs(
    page: Page, dashboard: Dashboard, query: str, root: str
) -> None:
    sign_in(page, dashboard)
    answer = page.request.get(f"{dashboard.url}/{query}", headers={"Sec-Fetch-Dest": "document"})
    assert root in answer.text()


def test_health_leads_from_what_is_broken_to_its_page(
    page: Page, dashboard: Dashboard, postgres: PostgresServer, refused_port: int
) -> None:
    sign_in(page, dashboard)
    for name, port in (("انبار", postgres.port), ("پایانه", refused_port)):
        ping(page, dashboard, add(page, dashboard, name, postgres, port))
    page.goto(f"{dashboard.url}/health")
    expect(page.get_by_text("۱ از ۲ منبع سالم‌اند.")).to_be_visible(timeout=LIMIT_MS)
    expect(page.locator(".js-plotly-plot .legendtext").filter(has_text="ناموفق")).to_have_count(1, timeout=LIMIT_MS)
    expect(page.locator(".js-plotly-plot .ytick text").first).to_be_visible()
    page.get_by_role("link", name="پایانه").click()
    expect(page.get_by_role("heading", name="پایانه")).to_be_visible(timeout=LIMIT_MS)


def test_parameters_are_judged_while_they_are_written_and_rows_can_be_taken_away(
    page: Page, dashboard: Dashboard, shop: PostgresServer, tmp_path: Path
) -> None:
    sign_in(page, dashboard)
    source = add(page, dashboard, "انبار", shop, shop.port)
    page.goto(f"{dashboard.url}/playground?source={source}")
    editor = page.locator(EDITOR)
    editor.fill("")
    editor.press_sequentially('{"table": "shop_items", "limit": 5000}')
    expect(page.get_by_test_id("stAlert")).to_contain_text("limit", timeout=LIMIT_MS)
    expect(editor).to_be_focused()
    editor.fill('{"table": "public.shop_items", "limit": 1}')
    expect(page.get_by_test_id("stAlert")).to_have_count(0, timeout=LIMIT_MS)
    page.get_by_role("button", name="اجرا").click()
    expect(page.get_by_text("تنها سطر نخست")).to_be_visible(timeout=LIMIT_MS)
    page.get_by_role("button", name="دریافت", exact=False).first.click()
    with page.expect_download() as download:
        page.get_by_role("button", name="دریافت CSV").click()
    download.value.save_as(tmp_path / "rows.csv")
    assert (tmp_path / "rows.csv").read_text("utf-8-sig").splitlines() == ["id,name", "1,چای"]


def test_what_streamlit_says_is_in_the_language_of_the_page_too(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    menu = page.get_by_test_id("stMainMenuPopover")
    page.get_by_role("button", name="منوی نمایش").click()
    expect(menu).to_contain_text("تیره")
    expect(menu).not_to_contain_text("Dark")
    page.keyboard.press("Escape")
    page.locator(".st-key-user_menu button").first.click()
    page.get_by_role("menuitem", name="English").click()
    page.get_by_role("button", name="Main menu").click()
    expect(menu).to_contain_text("Dark")


def test_an_administrator_sees_who_belongs_to_the_organisation(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    page.goto(dashboard.url)
    page.get_by_role("link", name="مدیریت").click()
    expect(page.locator(".st-key-mirrored_members canvas").first).to_be_visible(timeout=LIMIT_MS)


@pytest.mark.parametrize(("lang", "opens_at_far_end"), [("fa", True), ("en", False)])
def test_a_table_too_wide_for_its_window_opens_where_reading_starts(
    page: Page, dashboard: Dashboard, postgres: PostgresServer, lang: str, opens_at_far_end: bool
) -> None:
    sign_in(page, dashboard)
    add(page, dashboard, "انبار", postgres, postgres.port)
    page.set_viewport_size({"width": 600, "height": 800})
    page.goto(f"{dashboard.url}/?lang={lang}")
    settled(page)
    place = "(box, rtl) => box.scrollWidth > box.clientWidth && box.scrollLeft > 0 === rtl"
    handle = page.wait_for_selector(GRID)
    page.wait_for_function(f"([box, rtl]) => ({place})(box, rtl)", arg=[handle, opens_at_far_end])
