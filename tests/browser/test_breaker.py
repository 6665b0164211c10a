"""A breaker that opens, counts down, probes and closes, and that a person holds, in Chromium in both languages."""

import threading

import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import Dashboard
from tests.browser.steps import LIMIT_MS
from tests.browser.visitor import Visitor
from tests.servers.postgres import PostgresServer
from tests.servers.toxiproxy import Proxy, Toxiproxy

expect.set_options(timeout=LIMIT_MS)
OPEN_S = 8
LATENCY_MS = 1200
"""Of every answer of the server: a probe, which takes several, is seen while it is under way."""
REASON = "تعمیرات شبانه"


def add_source(page: Page, dashboard: Dashboard, name: str, server: PostgresServer, proxy: Proxy) -> str:
    config = {"host": proxy.host, "port": proxy.port, "database": server.database, "user": server.user}
    body = {
        "kind": "postgres",
        "name": name,
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


def give_order(visitor: Visitor, action: str) -> None:
    """By keyboard, and not without a reason."""
    page, does = visitor.page, f"breaker.do.{action}"
    visitor.button(does).focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    visitor.button(does, dialog).click()
    expect(visitor.said("breaker.reason.missing", dialog)).to_be_visible()
    visitor.field("breaker.reason", dialog).fill(REASON)
    page.keyboard.press("Tab")
    visitor.button(does, dialog).focus()
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)


def opens_and_closes_again(visitor: Visitor, dashboard: Dashboard, source: str, proxy: Proxy) -> None:
    page, panel = visitor.page, visitor.page.locator(".st-key-breaker")
    with proxy.down():
        visitor.button("source.ping").click()
        present(page, "open")
        expect(visitor.said("source.countdown", panel)).to_be_visible()
        visitor.tab("source.tab.playground").click()
        expect(visitor.said("playground.last")).to_be_visible()
        expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
        visitor.tab("source.tab.overview").click()
        expect(visitor.said("source.countdown.ready", panel)).to_be_visible()
    with proxy.toxic("latency", latency=LATENCY_MS):
        probing = probe_elsewhere(page, dashboard, source)
        present(page, "half_open")
        probing.join()
    present(page, "closed")
    expect(page.locator(".timeline .is-good").first).to_be_visible()


def is_held_and_reset(visitor: Visitor) -> None:
    page = visitor.page
    give_order(visitor, "force_open")
    present(page, "forced_open")
    expect(page.locator(".st-key-breaker")).to_contain_text(REASON)
    expect(page.locator(".timeline .is-person").first).to_contain_text(REASON)
    visitor.button("source.ping").click()
    expect(visitor.said("sources.ping.failed")).to_be_visible()
    give_order(visitor, "disable")
    present(page, "disabled")
    give_order(visitor, "reset")
    present(page, "closed")
    visitor.button("source.ping").click()
    expect(visitor.said("sources.ping.ok")).to_be_visible()


def test_a_breaker_is_watched_from_its_opening_to_its_closing_and_held_by_a_person(
    visitor: Visitor, shared: Dashboard, postgres: PostgresServer, toxiproxy: Toxiproxy
) -> None:
    visitor.sign_in()
    with toxiproxy.proxy(postgres.host, postgres.port) as proxy:
        source = add_source(visitor.page, shared, f"انبار {visitor.lang}", postgres, proxy)
        visitor.open(f"source?source={source}")
        visitor.button("source.ping").click()
        expect(visitor.said("sources.ping.ok")).to_be_visible()
        present(visitor.page, "closed")
        visitor.tab("source.tab.playground").click()
        visitor.button("playground.run").click()
        expect(visitor.page.get_by_test_id("stDataFrame").first).to_be_visible()
        visitor.tab("source.tab.overview").click()
        opens_and_closes_again(visitor, shared, source, proxy)
        is_held_and_reset(visitor)
