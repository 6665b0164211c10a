"""What was, in Chromium: the health page and the Metrics tab of a real dashboard with a real PostgreSQL."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Dashboard
from tests.browser.steps import LIMIT_MS, add, ping, settled, sign_in
from tests.servers.postgres import PostgresServer

CHART = ".js-plotly-plot"


def test_a_call_is_in_the_charts_at_once_and_can_be_taken_away(
    page: Page, dashboard: Dashboard, postgres: PostgresServer, tmp_path: Path
) -> None:
    sign_in(page, dashboard)
    source = add(page, dashboard, "انبار", postgres, postgres.port)
    page.goto(f"{dashboard.url}/health")
    expect(page.get_by_text("در ۳۰ روز گذشته فراخوانی‌ای نبوده است")).to_be_visible(timeout=LIMIT_MS)

    ping(page, dashboard, source)
    page.goto(f"{dashboard.url}/health?range=7d")
    expect(page.locator(CHART)).to_have_count(2, timeout=LIMIT_MS)  # the week waits for its first full hour
    page.get_by_role("radio", name="۳۰ روز").click()
    page.wait_for_url("**range=30d**")
    settled(page)
    with page.expect_download() as download:
        page.locator(".st-key-csv_availability button").click()
    download.value.save_as(tmp_path / "availability.csv")
    header, row = (tmp_path / "availability.csv").read_bytes().decode("utf-8").splitlines()
    assert header.startswith("\ufeffsource,kind,calls,errors,availability")
    assert row == "انبار,postgres,1,0,1.0,1.0,1.0,1.0"

    page.goto(f"{dashboard.url}/source?source={source}&tab=metrics&range=1h")
    expect(page.locator(CHART)).to_have_count(1, timeout=LIMIT_MS)
    expect(page.get_by_text("۱ فراخوانی که موفق بوده است.")).to_be_visible()
    with page.expect_download() as download:
        page.locator(".modebar-btn").click()
    assert download.value.suggested_filename == "history.png"
