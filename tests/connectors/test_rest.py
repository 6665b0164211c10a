"""The REST kind on a real server."""

import asyncio
from typing import Any, ClassVar

import aiohttp
import pytest

from core.connectors.kinds.rest import RestConnector
from tests.connectors.conformance import CANARY, Config, ConnectorConformance, Params
from tests.servers.apps.records import SECRET
from tests.servers.web import WebServer

pytestmark = pytest.mark.anyio


def config_of(base_url: str, secret: str = SECRET, **changes: Any) -> Config:
    plain = {"base_url": base_url, "health_path": "/secure/bearer"}
    return plain | {"auth": {"type": "bearer", "token": secret}} | changes


class TestRest(ConnectorConformance):
    connector_class = RestConnector
    ROWS: ClassVar[int] = 34

    @pytest.fixture
    def good_config(self, records: WebServer) -> Config:
        self._url = records.url
        return config_of(records.url)

    @pytest.fixture
    def refused_config(self, records: WebServer) -> Config:
        return config_of(records.url, CANARY)

    @pytest.fixture
    def unreachable_config(self, refused_port: int) -> Config:
        return config_of(f"http://127.0.0.1:{refused_port}", CANARY)

    @pytest.fixture
    def silent_config(self, silent_port: int) -> Config:
        return config_of(f"http://127.0.0.1:{silent_port}", CANARY)

    @pytest.fixture
    def good_params(self) -> Params:
        return {"path": "/planes"}

    @pytest.fixture
    def slow_params(self) -> Params:
        return {"path": "/slow", "query": {"seconds": 30}}

    async def until_busy(self, busy: bool) -> None:
        async with aiohttp.ClientSession(trust_env=False) as session:
            while True:
                answer = await session.get(f"{self._url}/busy")
                if (await answer.json() > 0) is busy:
                    return
                await asyncio.sleep(0.01)


class TestRestWithTheKeyInTheAddress(TestRest):
    """The secret is a parameter here: no address in an error, a log or a result may hold it."""

    @pytest.fixture
    def good_config(self, records: WebServer) -> Config:
        self._url = records.url
        return by_query(records.url, SECRET)

    @pytest.fixture
    def refused_config(self, records: WebServer) -> Config:
        return by_query(records.url, CANARY)

    @pytest.fixture
    def unreachable_config(self, refused_port: int) -> Config:
        return by_query(f"http://127.0.0.1:{refused_port}", CANARY)

    @pytest.fixture
    def silent_config(self, silent_port: int) -> Config:
        return by_query(f"http://127.0.0.1:{silent_port}", CANARY)


def by_query(base_url: str, secret: str) -> Config:
    auth = {"type": "query", "name": "api_key", "value": secret}
    return config_of(base_url, auth=auth, health_path="/secure/query")
