"""The `postgres` kind against a real server: what every kind promises, and what it says when something is wrong."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.connectors.kinds.postgres import PostgresConnector
from core.models import Outcome
from tests.connectors.conformance import CANARY, Config, ConnectorConformance, Params, error_of
from tests.connectors.conftest import Open
from tests.servers.postgres import HOST, PostgresServer

pytestmark = pytest.mark.anyio

SCHEMA = """
drop schema if exists cases cascade; create schema cases; grant usage on schema cases to {user};
create function cases.waits() returns int language plpgsql as
  $$ begin perform pg_sleep(60); return 1; end $$;
create table cases.denied (x int);
create table cases.shown (x int); insert into cases.shown values (7); grant select on cases.shown to {user};
"""
AT_WORK = "select count(*) from pg_stat_activity where query like '%cases.waits()%' and state = 'active'"


@pytest.fixture(scope="module", autouse=True)
def cases(postgres: PostgresServer) -> Iterator[None]:
    postgres.execute(SCHEMA.format(user=postgres.user))
    yield
    postgres.execute("drop schema cases cascade")


class TestPostgresConformance(ConnectorConformance):
    connector_class = PostgresConnector

    @pytest.fixture(autouse=True)
    def _server(self, postgres: PostgresServer) -> None:
        self.server = postgres

    @pytest.fixture
    def good_config(self, pg_config: Config) -> Config:
        return pg_config

    @pytest.fixture
    def refused_config(self, pg_config: Config) -> Config:
        return pg_config | {"password": CANARY}

    @pytest.fixture
    def unreachable_config(self, pg_config: Config, refused_port: int) -> Config:
        return pg_config | {"password": CANARY, "host": HOST, "port": refused_port}

    @pytest.fixture
    def silent_config(self, pg_config: Config, silent_port: int) -> Config:
        return pg_config | {"password": CANARY, "host": HOST, "port": silent_port}

    @pytest.fixture
    def good_params(self) -> Params:
        return {"sql": "select n, repeat('x', 100) as text from generate_series(1, 50) as n"}

    @pytest.fixture
    def slow_params(self) -> Params:
        return {"sql": "select cases.waits()"}

    async def until_busy(self, busy: bool) -> None:
        async with asyncio.timeout(10):
            while (self.server.execute(AT_WORK) != [(0,)]) is not busy:
                await asyncio.sleep(0.01)  # noqa: ASYNC110 - only the server knows


async def test_a_ping_names_the_version(pg: PostgresConnector, postgres: PostgresServer):
    assert await pg.ping() == (True, f"PostgreSQL {postgres.version}")


@pytest.mark.parametrize("sslmode", ["disable", "allow", "prefer"])
@pytest.mark.parametrize("call", ["ping", "describe", "diagnose"])
async def test_a_wrong_password_is_sent_once(open_pg: Open, postgres: PostgresServer, sslmode: str, call: str):
    before = refusals(postgres)
    connector = open_pg(password="wrong", sslmode=sslmode)
    if call == "diagnose":
        assert [check.step async for check in connector.diagnose() if check.status == "failed"] == ["auth"]
    else:
        error = await error_of(getattr(connector, call)())
        assert (str(error), error.outcome, error.retried) == ("auth_failed.password", Outcome.REACHED, False)
    assert refusals(postgres) == before + 1


def refusals(server: PostgresServer) -> int:
    return server.log_text().count("password authentication failed")
