"""«بررسی سلامت همه» with a source that hangs: the page stays alive, and leaving it lets go of the source."""

import queue
import socket
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Dashboard
from tests.browser.steps import LIMIT_MS, add
from tests.browser.visitor import Visitor, settled
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


def add_hanging(visitor: Visitor, peer: SilentPeer) -> str:
    """Its id."""
    body = {"kind": "rest", "name": f"خاموش {visitor.lang}", "config": {"base_url": peer.url, "timeout_s": 60}}
    origin = {"Origin": visitor.url}
    answer = visitor.page.request.post(f"{visitor.url}/orgs/main/datasources", data=body, headers=origin)
    assert answer.status == 201, answer.text()
    return str(answer.json()["id"])


def start(visitor: Visitor, peer: SilentPeer) -> None:
    """Until the hanging source has been asked, which never answers."""
    visitor.button("sources.ping_all").click()
    peer.asked.get(timeout=LET_GO_S)
    expect(visitor.button("ping_all.cancel")).to_be_visible()


def test_a_hanging_source_holds_up_nothing_else_and_is_let_go_when_nobody_looks(
    visitor: Visitor, shared: Dashboard, postgres: PostgresServer, silent: SilentPeer
) -> None:
    visitor.sign_in()
    page, answering = visitor.page, f"سفارش‌ها {visitor.lang}"
    sources = [add(page, shared, answering, postgres, postgres.port), add_hanging(visitor, silent)]
    visitor.open()
    start(visitor, silent)
    expect(page.get_by_test_id("stProgress")).to_contain_text(visitor.text("ping_all.progress", done=1, total=2))
    # Each of these ends a run of the page, which would wait for the job if anything of it did.
    search = visitor.field("sources.search")
    search.fill("سفارش")
    search.press("Enter")
    settled(page)
    visitor.button("sources.refresh").click()
    settled(page)
    expect(visitor.button("ping_all.cancel")).to_be_visible()
    visitor.button("ping_all.cancel").click()
    expect(visitor.said("ping_all.cancelled")).to_be_visible()
    assert silent.gone.get(timeout=LET_GO_S)
    start(visitor, silent)
    visitor.to_page("nav.health")
    assert silent.gone.get(timeout=LET_GO_S)
    visitor.to_page("nav.sources")
    expect(visitor.button("sources.refresh")).to_be_visible()
    settled(page)  # until then the tables of the page before stand there too, with rows of the same names
    expect(visitor.row(answering)).to_contain_text(visitor.text("status.healthy"))
    expect(page.get_by_test_id("stProgress")).to_have_count(0)
    expect(visitor.button("sources.ping_all")).to_be_enabled()
    assert silent.asked.empty()
    for source in sources:  # of the other language too, all are asked
        url = f"{shared.url}/orgs/main/datasources/{source}"
        assert page.request.delete(url, headers={"Origin": shared.url}).ok
