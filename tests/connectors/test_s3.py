"""The S3 kind on a real server."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest

from core.connectors.kinds.s3 import S3Connector
from tests.connectors.conformance import CANARY, Config, ConnectorConformance, Params
from tests.connectors.s3_objects import BUCKET
from tests.servers.s3 import S3Server
from tests.servers.stalling import StallingRelay, stalling

pytestmark = pytest.mark.anyio


class TestS3(ConnectorConformance):
    connector_class = S3Connector
    ROWS: ClassVar[int] = 60

    @pytest.fixture
    async def relay(self, s3: S3Server) -> AsyncIterator[StallingRelay]:
        there = urlsplit(s3.endpoint_url)
        async with stalling(there.hostname or "", there.port or 0, b"slow.csv") as relay:
            self._relay = relay
            yield relay

    @pytest.fixture
    def good_config(self, s3: S3Server, previews: None, relay: StallingRelay) -> Config:
        return config_of(s3, endpoint_url=f"http://127.0.0.1:{relay.port}")

    @pytest.fixture
    def refused_config(self, s3: S3Server, previews: None) -> Config:
        return config_of(s3, secret_access_key=CANARY)

    @pytest.fixture
    def unreachable_config(self, s3: S3Server, refused_port: int) -> Config:
        return config_of(s3, secret_access_key=CANARY, endpoint_url=f"http://127.0.0.1:{refused_port}")

    @pytest.fixture
    def silent_config(self, s3: S3Server, silent_port: int) -> Config:
        return config_of(s3, secret_access_key=CANARY, endpoint_url=f"http://127.0.0.1:{silent_port}")

    @pytest.fixture
    def good_params(self) -> Params:
        return {"key": "safe/rows.csv"}

    @pytest.fixture
    def slow_params(self) -> Params:
        return {"key": "safe/slow.csv"}

    async def until_busy(self, busy: bool) -> None:
        while (self._relay.held > 0) is not busy:  # noqa: ASYNC110 - only the relay knows
            await asyncio.sleep(0.01)


def config_of(server: S3Server, **changes: Any) -> Config:
    keys = {"access_key_id": server.access_key_id, "secret_access_key": server.secret_access_key}
    plain = {"endpoint_url": server.endpoint_url, "region": server.region, "bucket": BUCKET, "prefix": "safe/"}
    return {name: value for name, value in (plain | keys | changes).items() if value is not None}
