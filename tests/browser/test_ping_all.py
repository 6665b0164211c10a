"""«بررسی سلامت همه» with a source that hangs: the page stays alive, and leaving it lets go of the source."""

import queue
import socket
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Dashboard
from tests.browser.steps import LIMIT_MS, add, settled, sign_in
from tests.servers.postgres import PostgresServer

expect.set_options(timeout=LIMIT_MS)
LET_GO_S = 30
"""Half of what the hanging source may take: who is let go earlier was left."""


class SilentPeer:
    """Takes a request, never answers, and tells in `gone` when the caller has left."""

    def __init__(self) -> None:
        self.asked: queue.Queue[bytes] = queue.Queue()
        self.gone: queue.Queue[bool] = queue.Queue()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                request = connection.recv(65536)
                if not request:
                    continue
                self.asked.put(request)
                while connection.recv(65536):
                    pass
                self.gone.put(True)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@pytest.fixture
def silent() -> Iterator[SilentPeer]:
    peer = SilentPeer()
    yield peer
    peer.close()


def add_hanging(page: Page, dashboard: Dashboard, peer: SilentPeer) -> None:
    config = {"base_url": peer.url, "timeout_s": 60}
    body = {"kind": "rest", "name": "خاموش", "config": config}
    answer = page.request.post(f"{dashboard.url}/orgs/main/datasources", data=body, headers={"Origin": dashboard.url})
    assert answer.status == 201, answer.text()


def start(page: Page, peer: SilentPeer) -> None:
    """Until the hanging source has been asked, which never answers."""
    settled(page)
    page.locator(".st-key-ping_all button:visible").click()
    peer.asked.get(timeout=LET_GO_S)
    expect(page.locator(".st-key-ping_all_cancel")).to_be_visible()


def test_a_hanging_source_holds_up_nothing_else_and_is_let_go_when_nobody_looks(
    page: Page, dashboard: Dashboard, postgres: PostgresServer, silent: SilentPeer
) -> None:
    sign_in(page, dashboard)
    add(page, dashboard, "سفارش‌ها", postgres, postgres.port)
    add_hanging(page, dashboard, silent)
    page.goto(f"{dashboard.url}/?lang=fa")
    start(page, silent)
    expect(page.get_by_test_id("stProgress")).to_contain_text("۱ از ۲")
    # Each of these ends a run of the page, which would wait for the job if anything of it did.
    search = page.locator(".st-key-sources_search input")
    search.fill("سفارش")
    search.press("Enter")
    settled(page)
    page.locator(".st-key-sources_refresh button:visible").click()
    settled(page)
    expect(page.locator(".st-key-ping_all_cancel")).to_be_visible()
    page.locator(".st-key-ping_all_cancel button").click()
    expect(page.locator(".st-key-ping_all_summary")).to_be_visible()
    assert silent.gone.get(timeout=LET_GO_S)
    start(page, silent)
    page.get_by_test_id("stSidebarNav").get_by_role("link").nth(1).click()
    assert silent.gone.get(timeout=LET_GO_S)
