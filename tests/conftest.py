"""What all tests share."""

import pytest

from tests.connectors import s3_objects
from tests.connectors.conformance_table import ConformanceTable
from tests.servers.s3 import S3Server

pytest.register_assert_rewrite("tests.connectors.conformance", "tests.connectors.traces")
pytest_plugins = ["tests.servers.plugin", "tests.workers"]


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(ConformanceTable())


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def previews(s3: S3Server) -> None:
    """The bucket with the objects of `s3_objects`."""
    s3_objects.seed(s3)
