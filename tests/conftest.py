"""What all tests share."""

import pytest

pytest_plugins = ["tests.servers.plugin"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
