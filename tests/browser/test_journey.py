"""What an analyst does on the first day, in Chromium, against a real dashboard and a real PostgreSQL."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Dashboard
from tests.browser.steps import LIMIT_MS, PASSWORD, add, settled, sign_in
from tests.servers.postgres import PostgresServer


def test_ping_all_shows_what_is_healthy_and_what_is_not(
    page: Page, dashboard: Dashboard, postgres: PostgresServer, refused_port: int
) -> None:
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: None if _own(request.url, dashboard) else trouble.append(request.url))
    sign_in(page, dashboard)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    add(page, dashboard, "انبار", postgres, postgres.port)
    dead = add(page, dashboard, "پایانه", postgres, refused_port)
    page.goto(dashboard.url)
    page.get_by_role("button", name="بررسی سلامت همه").click()
    expect(page.locator(".st-key-tile_healthy")).to_contain_text("۱", timeout=LIMIT_MS)
    expect(page.locator(".st-key-tile_error")).to_contain_text("۱", timeout=LIMIT_MS)
    ping = f"{dashboard.url}/orgs/main/datasources/{dead}/ping"
    assert page.request.post(ping, headers={"Origin": dashboard.url}).json()["state"] == "open"
    page.goto(f"{dashboard.url}/source?source={dead}")
    expect(page.get_by_text("اتصال موقتاً تعلیق شد؛ چند ثانیه دیگر تلاش کنید.")).to_be_visible()
    expect(page.get_by_text(re.compile("ثانیه.* دیگر")).first).to_be_visible()
    assert trouble == []


def test_the_interface_turns_to_english_and_left_to_right(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    page.goto(f"{dashboard.url}/?lang=en")
    settled(page)
    expect(page.locator("html")).to_have_attribute("dir", "ltr")
    expect(page.get_by_role("heading", name="Data sources")).to_be_visible()


def test_a_stranger_is_sent_to_the_sign_in_page_and_back(page: Page, dashboard: Dashboard) -> None:
    page.goto(f"{dashboard.url}/add?lang=fa")
    assert "/session/login?next=" in page.url
    page.fill("input[name=username]", "nobody")
    page.fill("input[name=password]", PASSWORD)
    page.click("[type=submit]")
    expect(page.get_by_text("نام کاربری یا گذرواژه نادرست است.")).to_be_visible()


def _own(url: str, dashboard: Dashboard) -> bool:
    return url.startswith((dashboard.url, dashboard.url.replace("http", "ws"), "data:", "blob:"))
