"""What the tests of connectors share."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from core.connectors import forms
from core.connectors.base import Environment
from core.connectors.kinds.postgres import PostgresConfig, PostgresConnector
from core.safety.egress import EgressPolicy
from tests.servers.postgres import PostgresServer

Open = Callable[..., PostgresConnector]


@pytest.fixture
def pg_config(postgres: PostgresServer) -> dict[str, Any]:
    """Of the database that its user owns."""
    return {
        "host": postgres.host,
        "port": postgres.port,
        "database": postgres.database,
        "user": postgres.user,
        "password": postgres.password,
    }


@pytest.fixture
async def open_pg(pg_config: dict[str, Any], anyio_backend: str) -> AsyncIterator[Open]:
    """Makes connectors, with changes to the configuration (None leaves a field out); closes them all."""
    opened: list[PostgresConnector] = []

    def make(**changes: Any) -> PostgresConnector:
        given = {name: value for name, value in (pg_config | changes).items() if value is not None}
        config = forms.validate_config(PostgresConfig, given)
        opened.append(PostgresConnector.build(config, Environment(EgressPolicy())))
        return opened[-1]

    yield make
    for connector in opened:
        await connector.close()


@pytest.fixture
def pg(open_pg: Open) -> PostgresConnector:
    return open_pg()
