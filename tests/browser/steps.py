"""What people do in several journeys."""

from playwright.sync_api import Page

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
