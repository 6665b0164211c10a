"""The places, each made when its server is asked for."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.faults import places
from tests.faults.cell import Pace
from tests.faults.places import Place
from tests.faults.table import CellTable

SERVERS: dict[str, tuple[str, Callable[[Any], Place]]] = {
    "postgres": ("postgres", places.of_postgres),
    "rest": ("records", places.of_rest),
    "graphql": ("strawberry", places.of_graphql),
    "mongodb": ("mongodb", places.of_mongodb),
    "s3": ("s3", places.of_s3),
}


@pytest.fixture
def place(kind: str, request: pytest.FixtureRequest) -> Place:
    server, of = SERVERS[kind]
    if kind == "s3":
        request.getfixturevalue("previews")
    return of(request.getfixturevalue(server))


@pytest.fixture
def pace(pytestconfig: pytest.Config) -> Pace:
    """In a hurry only below `python -m tests.faults`."""
    return Pace(hurried=pytestconfig.pluginmanager.has_plugin(CellTable.NAME))
