"""GraphQL connectors for tests."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from core.connectors import forms
from core.connectors.base import Environment
from core.connectors.kinds.graphql import GraphqlConfig, GraphqlConnector
from core.safety.egress import EgressPolicy

MIB = 1024 * 1024

Open = Callable[..., GraphqlConnector]


@asynccontextmanager
async def opening() -> AsyncIterator[Open]:
    """Makes connectors from an endpoint and further configuration; closes them all."""
    opened: list[GraphqlConnector] = []

    def make(endpoint: str, bytes_max: int = 5 * MIB, **config: Any) -> GraphqlConnector:
        model = forms.validate_config(GraphqlConfig, {"endpoint": endpoint, **config})
        opened.append(GraphqlConnector.build(model, Environment(EgressPolicy(), bytes_max=bytes_max)))
        return opened[-1]

    try:
        yield make
    finally:
        for connector in opened:
            await connector.close()
