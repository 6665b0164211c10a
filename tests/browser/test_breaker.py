"""A breaker that opens, counts down, probes and closes, and that a person holds, in Chromium in both languages."""

import threading
from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import Dashboard
from tests.browser.steps import LIMIT_MS, settled, sign_in
from tests.servers.postgres import PostgresServer
from tests.servers.toxiproxy import Proxy, Toxiproxy

expect.set_options(timeout=LIMIT_MS)
OPEN_S = 8
LATENCY_MS = 1200
"""Of every answer of the server: a probe, which takes several, is seen while it is under way."""
LATER = {"fa": "با بررسی بعدی", "en": "The next check tries"}
WAITING = {"fa": "تلاش بعدی تا", "en": "Next try in"}
LAST = {"fa": "آخرین پاسخ خوب", "en": "The last good answer"}
WHY = {"fa": "دلیل را بنویسید", "en": "Say why"}
REASON = "تعمیرات شبانه"

Look = Callable[[str], object]


def add_source(page: Page, dashboard: Dashboard, server: PostgresServer, proxy: Proxy) -> str:
    config = {"host": proxy.host, "port": proxy.port, "database": server.database, "user": server.user}
    body = {
        "kind": "postgres",
        "name": "انبار",
        "config": config | {"password": server.password, "sslmode": "disable"},
        "breaker": {"failure_threshold": 3, "timeout_seconds": OPEN_S},
    }
    answer = page.request.post(f"{dashboard.url}/orgs/main/datasources", data=body, headers={"Origin": dashboard.url})
    assert answer.status == 201, answer.text()
    return str(answer.json()["id"])


def probe_elsewhere(page: Page, dashboard: Dashboard, source: str) -> threading.Thread:
    """Somebody else pings it: a page that pings is busy with its own run."""
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    url = f"{dashboard.url}/orgs/main/datasources/{source}/ping"

    def ping() -> None:
        requests.post(url, cookies=cookies, headers={"Origin": dashboard.url}, timeout=60)

    thread = threading.Thread(target=ping)
    thread.start()
    return thread


def present(page: Page, state: str) -> None:
    expect(page.locator(f".track .at-{state}[aria-current]")).to_be_visible()


def give_order(page: Page, action: str, lang: str, look: Look) -> None:
    """By keyboard, and not without a reason."""
    page.locator(f".st-key-breaker_{action} button:visible").focus()
    page.keyboard.press("Enter")
    page.locator(".st-key-breaker_go button").click()
    expect(page.get_by_text(WHY[lang])).to_be_visible()
    page.locator(".st-key-breaker_reason input").fill(REASON)
    look("dialog")
    page.keyboard.press("Tab")
    page.locator(".st-key-breaker_go button").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stDialog")).to_have_count(0)


def watch(page: Page, dashboard: Dashboard, source: str, proxy: Proxy, lang: str, look: Look) -> None:
    tab = page.get_by_role("tab")
    page.goto(f"{dashboard.url}/source?source={source}&lang={lang}")
    page.locator(".st-key-source_ping button").click()
    expect(page.locator("[class*=st-key-why_healthy_ping]")).to_be_visible()
    present(page, "closed")
    tab.nth(2).click()
    page.locator(".st-key-run button").click()
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    tab.nth(0).click()
    settled(page)
    look("closed")
    with proxy.down():
        page.locator(".st-key-source_ping button").click()
        present(page, "open")
        expect(page.locator(".st-key-breaker")).to_contain_text(WAITING[lang])
        look("open")
        tab.nth(2).click()
        expect(page.get_by_text(LAST[lang])).to_be_visible()
        expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
        look("last_good")
        tab.nth(0).click()
        expect(page.locator(".st-key-breaker")).to_contain_text(LATER[lang])
        look("ready")
    with proxy.toxic("latency", latency=LATENCY_MS):
        probing = probe_elsewhere(page, dashboard, source)
        present(page, "half_open")
        look("probing")
        probing.join()
    present(page, "closed")
    expect(page.locator(".timeline .is-good").first).to_be_visible()
    look("closed_again")
    give_order(page, "force_open", lang, look)
    present(page, "forced_open")
    expect(page.locator(".st-key-breaker")).to_contain_text(REASON)
    expect(page.locator(".timeline .is-person").first).to_contain_text(REASON)
    look("held")
    give_order(page, "disable", lang, lambda name: None)
    present(page, "disabled")
    look("disabled")
    give_order(page, "reset", lang, lambda name: None)
    present(page, "closed")


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_a_breaker_is_watched_from_its_opening_to_its_closing_and_held_by_a_person(
    page: Page, dashboard: Dashboard, postgres: PostgresServer, toxiproxy: Toxiproxy, lang: str
) -> None:
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    sign_in(page, dashboard)
    with toxiproxy.proxy(postgres.host, postgres.port) as proxy:
        source = add_source(page, dashboard, postgres, proxy)
        watch(page, dashboard, source, proxy, lang, lambda name: None)
    assert trouble == []
