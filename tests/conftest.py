"""What all tests share."""

import gc

import pytest
from hypothesis import HealthCheck, settings

from tests.connectors import s3_objects
from tests.connectors.conformance_table import ConformanceTable
from tests.servers.s3 import S3Server

pytest.register_assert_rewrite("tests.connectors.conformance", "tests.connectors.traces")
pytest_plugins = ["tests.servers.plugin", "tests.workers"]

# How long an example takes says how busy the machine is.
settings.register_profile("at any pace", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("at any pace")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(ConformanceTable())


def pytest_collection_finish() -> None:
    """What was collected stays: a test that looks for what is left of it would go through half a million objects."""
    gc.freeze()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def previews(s3: S3Server) -> None:
    """The bucket with the objects of `s3_objects`."""
    s3_objects.seed(s3)
