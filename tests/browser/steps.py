"""What people do in several journeys."""

from playwright.sync_api import Locator, Page

from tests.browser.conftest import PAGE_LIMIT_MS, Dashboard
from tests.browser.visitor import PASSWORD as PASSWORD
from tests.browser.visitor import settled as settled
from tests.servers.postgres import PostgresServer

LIMIT_MS = PAGE_LIMIT_MS


def sign_in(page: Page, dashboard: Dashboard) -> None:
    page.goto(dashboard.sign_in)
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", PASSWORD)
    page.click("[type=submit]")
    settled(page)


def add(page: Page, dashboard: Dashboard, name: str, server: PostgresServer, port: int) -> str:
    """A source of this server; its id."""
    config = {"host": server.host, "port": port, "database": server.database, "user": server.user}
    body = {"kind": "postgres", "name": name, "config": config | {"password": server.password}}
    answer = page.request.post(f"{dashboard.url}/orgs/main/datasources", data=body, headers={"Origin": dashboard.url})
    assert answer.status == 201, answer.text()
    return str(answer.json()["id"])


def ping(page: Page, dashboard: Dashboard, source: str) -> None:
    url = f"{dashboard.url}/orgs/main/datasources/{source}/ping"
    assert page.request.post(url, headers={"Origin": dashboard.url}).status == 200


def drawn(page: Page) -> None:
    """Streamlit fades what is old and draws tables and charts late: nothing moves any more."""
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    page.wait_for_function("() => !document.querySelector('[data-stale=true], [data-testid=stSkeleton]')")
    page.wait_for_timeout(300)


def choosing(page: Page) -> Locator:
    """The list of sources once a press on a row chooses it."""
    page.locator(".st-key-sources_choosing label").first.click()
    table = page.locator('[class*="st-key-mirrored_sources_table_many"] .dvn-scroller').first
    table.wait_for()
    settled(page)
    drawn(page)  # another table takes the place of the one before: what is pressed while it is made is lost
    return table
