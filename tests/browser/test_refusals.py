"""What a browser meets where its person does not belong, and the page that describes the interface."""

from pathlib import Path

from playwright.sync_api import Page, WebSocket, expect

from tests.browser.conftest import Dashboard
from tests.browser.steps import LIMIT_MS, PASSWORD, settled, sign_in
from tests.cli.processes import CommandLine


def test_a_viewer_who_opens_the_admin_page_by_its_address_is_refused(
    page: Page, dashboard: Dashboard, tmp_path: Path
) -> None:
    sign_in(page, dashboard)
    page.context.clear_cookies()
    command = CommandLine(tmp_path / "data")
    assert command.run("users", "add", "viewer", stdin=f"{PASSWORD}\n").returncode == 0
    assert command.run("members", "add", "main", "viewer", "viewer").returncode == 0
    page.goto(f"{dashboard.url}/session/login?next=%2Fadmin%3Flang%3Den&lang=en")
    page.fill("input[name=username]", "viewer")
    page.fill("input[name=password]", PASSWORD)
    page.click("[type=submit]")
    settled(page)
    expect(page.get_by_text("This needs at least the role of Admin")).to_be_visible(timeout=LIMIT_MS)
    assert "python -m core members add" not in page.content()


def test_without_a_session_no_page_and_no_websocket_opens(page: Page, dashboard: Dashboard) -> None:
    opened = list[WebSocket]()
    page.on("websocket", lambda socket: opened.append(socket))
    page.goto(f"{dashboard.url}/admin")
    assert page.url.startswith(f"{dashboard.url}/session/login")
    closed = page.evaluate(
        """url => new Promise(done => {
            const socket = new WebSocket(url);
            socket.onopen = () => done("open");
            socket.onclose = () => done("closed");
        })""",
        f"{dashboard.url.replace('http', 'ws')}/_stcore/stream",
    )
    assert (closed, len(opened)) == ("closed", 1)


def test_the_interfaces_page_is_drawn_without_anything_from_elsewhere_and_can_be_searched(
    page: Page, dashboard: Dashboard
) -> None:
    asked, said = list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{dashboard.url}/api/docs")
    expect(page.locator("section")).to_have_count(30, timeout=LIMIT_MS)
    create = page.locator("#create_source")
    expect(create).to_contain_text("/orgs/{org_id}/datasources")
    create.get_by_text("Example: created").first.click()
    expect(create).to_contain_text("planes.example.com")
    page.fill("#search", "idempotency-key repeating it within")
    expect(page.locator("section:visible")).to_have_count(1)
    page.fill("#search", "no such words")
    expect(page.get_by_text("Nothing holds these words.")).to_be_visible()
    assert said == []
    assert all(url.startswith(dashboard.url) for url in asked)
