"""Browser sessions on a real server: a click on a source, twenty at once, and what an idle one holds in memory.

The browsers are WebSocket clients that speak Streamlit's protocol and draw nothing, so that the server is what is
measured. Times are theirs: from the message sent until the element, or the end of the script, is there.
"""

import asyncio
import json
import os
import pickle
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from bench import pages, past, start
from bench.measure import Contest, Goal, Measures, Workload
from core.bootstrap import opened
from core.models import Role
from core.settings import SESSION_COOKIE
from ui import state

NAME, PASSWORD = "bench", secrets.token_urlsafe(24)
AT_ONCE, WARM, IDLE, OPENING, ROUNDS = 20, 20, 200, 10, 7
SETTLED_S, LIMIT_S, CLICKED_ROW = 2, 120, 7
MB = 1024 * 1024
ENDED = "script_finished"


class Browser:
    """One session on the first page of a server."""

    def __init__(self, socket: "aiohttp.ClientWebSocketResponse") -> None:
        self._socket, self._table = socket, ""

    async def load(self) -> None:
        """The first script run, to its end."""
        message = BackMsg()
        message.rerun_script.query_string = ""
        await self._send(message, lambda _: False)
        assert self._table, "the page has no table"

    async def click(self, row: int) -> None:
        """A press on a row of the list, until the heading of the page that it opens is there."""
        message = BackMsg()
        pressed = message.rerun_script.widget_states.widgets.add()
        pressed.id = self._table
        pressed.string_value = json.dumps({"selection": {"rows": [row], "columns": [], "cells": []}})
        there = await self._send(message, lambda told: told.delta.new_element.heading.body.startswith("source "))
        assert there, "the source was not opened"

    async def _send(self, message: BackMsg, until: Callable[[ForwardMsg], bool]) -> bool:
        """Whether what was waited for came before the end of the script."""
        await self._socket.send_bytes(message.SerializeToString())
        while True:
            told = ForwardMsg.FromString(await self._socket.receive_bytes(timeout=LIMIT_S))
            table = told.delta.new_element.dataframe.id
            self._table = table if state.TABLE in table else self._table
            if until(told):
                return True
            if told.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY and told.WhichOneof("type") == ENDED:
                return False


class Server:
    """A process with a page of sources, or with the bare table; `cookie` is what a browser brings."""

    def __init__(self, port: int, pid: int, cookie: str) -> None:
        self._address, self._pid = f"http://127.0.0.1:{port}", pid
        self._headers = {"Origin": self._address, "Cookie": cookie}

    @asynccontextmanager
    async def browsers(self) -> AsyncIterator[Callable[[], Any]]:
        """Opens browsers, which are closed at the end."""
        async with AsyncExitStack() as stack:
            unlimited = aiohttp.TCPConnector(limit=0)
            client = await stack.enter_async_context(aiohttp.ClientSession(connector=unlimited))

            async def browser() -> Browser:
                connected = client.ws_connect(
                    f"{self._address}/_stcore/stream",
                    protocols=("streamlit",),
                    headers=self._headers,
                    max_msg_size=0,
                    compress=15,
                )
                return Browser(await stack.enter_async_context(connected))

            yield browser

    def cpu_ms(self) -> float:
        return start.cpu_s(self._pid) * 1000

    def rss_mb(self) -> float:
        """Resident memory: the second field of proc(5)'s statm, in pages."""
        return int(Path(f"/proc/{self._pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MB


@contextmanager
def list_and_bare_table() -> Iterator[tuple[Server, Server]]:
    """Both hold the same 1,000 rows."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        with pages.serving(folder):
            (folder / "table.pickle").write_bytes(pickle.dumps(pages.table()))
        cookie = f"{SESSION_COOKIE}={_session(folder / 'data')}"
        own = {"DATA_DIR": str(folder / "data"), "CHECK_INTERVAL_S": "0", "LOG_LEVEL": "error"}
        product = stack.enter_context(start.served(start.ROOT, {f"CHESHMEH_{key}": own[key] for key in own}))
        start.bare_application(folder / "bare", pages.BARE.format(path=str(folder / "table.pickle")))
        bare = stack.enter_context(start.served(folder / "bare", {}))
        yield Server(product.port, product.process.pid, cookie), Server(bare.port, bare.process.pid, "")


def _session(data_dir: Path) -> str:
    """The token of a person who may do everything with the sources."""
    with opened(past.settings_of(data_dir)) as runtime:
        owner = runtime.run(runtime.access.local_actor())
        runtime.run(runtime.accounts.add_user(owner, NAME, PASSWORD))
        runtime.run(runtime.members.add(owner, past.ORG, NAME, Role.ADMIN))
        token: str = runtime.run(runtime.access.sign_in(NAME, PASSWORD))
    return token


@contextmanager
def clicks() -> Iterator[tuple[Workload, None]]:
    with list_and_bare_table() as (product, _):
        yield (lambda: asyncio.run(_click(product))), None


async def _click(server: Server) -> Measures:
    async with server.browsers() as open_browser:
        browser = await open_browser()
        await browser.load()
        started = time.perf_counter()
        await browser.click(CLICKED_ROW)
        return {"click": (time.perf_counter() - started) * 1000}


@contextmanager
def crowds() -> Iterator[tuple[Workload, Workload]]:
    with list_and_bare_table() as (product, bare):
        yield (lambda: asyncio.run(_crowd(product))), (lambda: asyncio.run(_crowd(bare)))


async def _crowd(server: Server) -> Measures:
    """Connecting is part of it."""

    async def visit() -> None:
        await (await open_browser()).load()

    async with server.browsers() as open_browser:
        started, spent = time.perf_counter(), server.cpu_ms()
        await asyncio.gather(*(visit() for _ in range(AT_ONCE)))
        return {"wall": (time.perf_counter() - started) * 1000, "cpu": server.cpu_ms() - spent}


@contextmanager
def idlers() -> Iterator[tuple[Workload, Workload]]:
    with list_and_bare_table() as (product, bare):
        yield (lambda: asyncio.run(_idle(product))), (lambda: asyncio.run(_idle(bare)))


async def _idle(server: Server) -> Measures:
    """What the process has grown by, after it has served some: what all share is no session's."""

    async def visit() -> None:
        async with gate:
            await (await open_browser()).load()

    gate = asyncio.Semaphore(OPENING)
    async with server.browsers() as open_browser:
        await asyncio.gather(*(visit() for _ in range(WARM)))
        before = server.rss_mb()
        await asyncio.gather(*(visit() for _ in range(IDLE)))
        await asyncio.sleep(SETTLED_S)
        return {"idle": (server.rss_mb() - before) / IDLE}


CONTESTS = (
    Contest(
        (Goal("P15", "click on one of 1000 sources, to its heading", "click", 150, "alone", "ms"),), clicks, ROUNDS
    ),
    Contest(
        (
            Goal("P16", f"{AT_ONCE} new sessions at once, all drawn", "wall", 2000, "alone", "ms"),
            Goal("P16", f"{AT_ONCE} new sessions at once, CPU, over the bare table", "cpu", 3, unit="ms"),
        ),
        crowds,
        5,
    ),
    Contest(
        (Goal("P17", f"memory of an idle session, {IDLE} of them", "idle", 3, "alone", "MB"),),
        idlers,
        1,
        warms_up=False,
    ),
)
