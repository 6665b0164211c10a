"""The `graphql` kind against two real servers: what every kind promises."""

import asyncio
from typing import Any

import pytest
import requests

from core.connectors.kinds.graphql import GraphqlConnector
from tests.connectors.conformance import CANARY, Config, ConnectorConformance, Params
from tests.servers.web import WebServer

pytestmark = pytest.mark.anyio

ROWS = "{ airlines { carrier name founded fleet { size planes { tail seats } } } }"


class GraphqlConformance(ConnectorConformance):
    connector_class = GraphqlConnector
    server: WebServer

    @pytest.fixture
    def good_config(self) -> Config:
        return {"endpoint": f"{self.server.url}/graphql"}

    @pytest.fixture
    def refused_config(self, good_config: Config) -> Config:
        return good_config | {"auth": {"type": "bearer", "token": CANARY}}

    @pytest.fixture
    def unreachable_config(self, refused_config: Config, refused_port: int) -> Config:
        return refused_config | {"endpoint": f"http://127.0.0.1:{refused_port}/graphql"}

    @pytest.fixture
    def silent_config(self, refused_config: Config, silent_port: int) -> Config:
        return refused_config | {"endpoint": f"http://127.0.0.1:{silent_port}/graphql"}

    @pytest.fixture
    def good_params(self) -> Params:
        return {"query": ROWS}

    @pytest.fixture
    def slow_params(self) -> Params:
        return {"query": "{ slow(seconds: 60) }"}

    async def until_busy(self, busy: bool) -> None:
        async with asyncio.timeout(10):
            while bool(await asyncio.to_thread(self._busy)) is not busy:  # noqa: ASYNC110 - only the server knows
                await asyncio.sleep(0.01)

    def _busy(self) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(f"{self.server.url}/busy", timeout=10).json()


class TestStrawberryConformance(GraphqlConformance):
    @pytest.fixture(autouse=True)
    def _server(self, strawberry: WebServer) -> None:
        self.server = strawberry


class TestAriadneConformance(GraphqlConformance):
    @pytest.fixture(autouse=True)
    def _server(self, ariadne: WebServer) -> None:
        self.server = ariadne
