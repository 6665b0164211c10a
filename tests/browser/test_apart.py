"""What is typed or chosen on one list or in one organisation never acts on another; in Chromium."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Dashboard
from tests.browser.steps import LIMIT_MS, add, choosing, settled, sign_in
from tests.browser.world import vacant
from tests.cli.processes import CommandLine
from tests.servers.postgres import PostgresServer
from ui.admin.egress import LIST

expect.set_options(timeout=LIMIT_MS)


def test_the_page_of_another_organisation_begins_anew(dashboard: Dashboard, page: Page, tmp_path: Path) -> None:
    sign_in(page, dashboard)
    vacant(CommandLine(tmp_path / "data"))
    page.goto(f"{dashboard.url}/admin?tab=egress")
    typed = page.locator(f".st-key-{LIST} textarea")
    typed.fill("10.20.0.0/16")
    typed.blur()
    settled(page)
    page.locator(".st-key-organisation [role=combobox]").first.click()
    with page.expect_navigation():
        page.get_by_role("option", name="سازمان تازه").click()
    assert page.url == f"{dashboard.url}/admin?org=vacant"
    page.goto(f"{dashboard.url}/admin?tab=egress")  # without it in the address: the browser remembers the last one
    settled(page)
    expect(page.locator(".st-key-organisation input")).to_have_value("سازمان تازه")
    expect(typed).to_have_value("")
    page.goto(f"{dashboard.url}/?org=main")
    settled(page)
    page.go_back()
    expect(page.locator(".st-key-organisation input")).to_have_value("سازمان تازه")


def test_what_is_chosen_in_one_list_is_not_chosen_in_another(
    dashboard: Dashboard, page: Page, postgres: PostgresServer
) -> None:
    sign_in(page, dashboard)
    for name in ("آبی", "بنفش", "پسته‌ای"):
        add(page, dashboard, name, postgres, postgres.port)
    page.goto(dashboard.url)
    table = choosing(page)
    table.click(position={"x": 16, "y": 55})
    pause = page.locator(".st-key-bulk_pause button:visible")
    expect(pause).to_be_enabled()
    search = page.locator(".st-key-sources_search input")
    search.fill("پسته")
    search.press("Enter")
    expect(page.locator("canvas tr", has=page.locator("td"))).to_have_count(1)
    expect(pause).to_be_disabled()
    table.click(position={"x": 16, "y": 55})
    pause.click()
    expect(pause).to_be_disabled()
    url = f"{dashboard.url}/orgs/main/datasources"
    paused = {each["name"]: each["paused"] for each in page.request.get(url).json()["items"]}
    assert paused == {"آبی": False, "بنفش": False, "پسته‌ای": True}
