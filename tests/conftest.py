"""What all tests share."""

import pytest

from tests.connectors.conformance_table import ConformanceTable

pytest_plugins = ["tests.servers.plugin"]


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(ConformanceTable())


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
