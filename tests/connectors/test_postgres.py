"""The `postgres` kind against a real server: what every kind promises, and what it says when something is wrong."""

import asyncio
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from pydantic import ValidationError

from core.connectors import forms
from core.connectors.kinds.postgres import PostgresConfig, PostgresConnector, PostgresParams
from core.connectors.network import Host
from core.connectors.postgres import failures, session
from core.errors import QueryTimeout
from core.models import Outcome
from core.resilience.deadline import within
from core.safety.egress import EgressPolicy
from tests.connectors.conformance import CANARY, Config, ConnectorConformance, Params, error_of
from tests.connectors.conftest import Open
from tests.servers.postgres import PostgresServer
from tests.servers.processes import HOST

pytestmark = pytest.mark.anyio

SCHEMA = """
drop schema if exists cases cascade; create schema cases; grant usage on schema cases to {user};
create function cases.waits() returns int language plpgsql as
  $$ begin perform pg_sleep(60); return 1; end $$;
create table cases.denied (x int);
create table cases.shown (x int); insert into cases.shown values (7); grant select on cases.shown to {user};
"""
CLOSED = "127.0.0.2"
"""An address of this machine at which the server does not listen."""
AT_WORK = "select count(*) from pg_stat_activity where state = 'active' and wait_event = 'PgSleep'"


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
            while (self.server.execute(AT_WORK) != [(0,)]) is not busy:  # noqa: ASYNC110 - only the server knows
                await asyncio.sleep(0.01)


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


async def test_a_wrong_password_is_sent_to_one_address_only(pg_config: Config, postgres: PostgresServer):
    before = refusals(postgres)
    config, host = forms.validate_config(PostgresConfig, pg_config | {"password": "wrong"}), at(postgres, HOST, CLOSED)
    assert str(await error_of(session.connect(config, host))) == "auth_failed.password"
    assert (refusals(postgres), host.open) == (before + 1, HOST)


async def test_an_address_where_nothing_listens_is_passed_over(pg_config: Config, postgres: PostgresServer):
    host = at(postgres, CLOSED, HOST)
    connection = await session.connect(forms.validate_config(PostgresConfig, pg_config), host)
    await session.end(connection)
    assert host.open == HOST


def at(server: PostgresServer, *addresses: str) -> Host:
    return Host("db.example.ir", server.port, EgressPolicy(), 5, allowed=addresses)


@pytest.mark.parametrize(
    ("words", "said", "retried"),
    [
        ('pg_hba.conf rejects connection for host "h", user "u", no encryption', "auth_failed.not_admitted", False),
        ("sorry, too many clients already", "source_unavailable.too_many_connections", True),
        ('User "u" has no password assigned.', "auth_failed.password", False),
        ("password has expired", "auth_failed.password", False),
        ("no such user: u", "auth_failed.password", False),
        ("no such database: d", "not_found_in_source.database", False),
        (
            "no more connections allowed (max_client_conn)",
            "source_unavailable.too_many_connections",
            True,
        ),
        ("query_wait_timeout", "source_unavailable.too_many_connections", True),
        ("Passwort-Authentifizierung für Benutzer »u« fehlgeschlagen", "unreachable.other", False),
        ("authentification par mot de passe échouée pour l'utilisateur « u »", "unreachable.other", False),
    ],
)
@pytest.mark.parametrize("severity", ["FATAL", "ВАЖНО", "ÖLÜMCÜL (FATAL)"])
def test_a_refusal_of_the_server_has_one_meaning(words: str, said: str, retried: bool, severity: str):
    text = f'connection failed: connection to server at "h" (::1), port 5432 failed: {severity}:  {words}'
    error = failures.while_connecting(psycopg.OperationalError(text), host="h", port=5432, user="u", database="d")
    assert (str(error), error.retried) == (said, retried)


def test_words_of_the_system_are_worth_another_attempt():
    text = 'connection failed: connection to server at "h" (::1), port 5432 failed: Something: else'
    error = failures.while_connecting(psycopg.OperationalError(text), host="h", port=5432, user="u", database="d")
    assert (str(error), error.retried) == ("unreachable.other", True)


class Pooled(psycopg.Error):
    """What PgBouncer ends a session with: it has one SQLSTATE for everything."""

    class diag:  # noqa: N801 - the driver's name
        message_primary = "query_wait_timeout"

    sqlstate = "08P01"


def test_a_pooler_without_a_free_session_is_unavailable():
    error = failures.in_session(Pooled(), (), host="h", port=5432)
    assert (str(error), error.outcome, error.retried) == (
        "source_unavailable.too_many_connections",
        Outcome.FAIL,
        True,
    )


@pytest.mark.parametrize(
    ("changes", "said", "fields"),
    [
        ({"password": None}, "auth_failed.no_password", ["config.password"]),
        ({"user": "nobody_here"}, "auth_failed.password", ["config.user", "config.password"]),
        ({"database": "no_such"}, "not_found_in_source.database", ["config.database"]),
        ({"host": "no-such-host.invalid"}, ("unreachable.unknown_host", "unreachable.name_lookup"), ["config.host"]),
        ({"host": "169.254.169.254"}, "egress_denied.metadata", ["config.host"]),
        ({"sslmode": "require"}, "tls_invalid.unsupported", ["config.sslmode"]),
        ({"sslmode": "verify-full"}, "tls_invalid.unsupported", ["config.sslmode"]),
    ],
)
async def test_what_is_wrong_is_said_and_where(open_pg: Open, changes: Config, said: Any, fields: list[str]):
    error = await error_of(open_pg(**changes).ping())
    assert str(error) in ((said,) if isinstance(said, str) else said)
    assert [field.field for field in error.fields] == fields


async def test_a_closed_port_names_host_and_port(open_pg: Open, refused_port: int):
    error = await error_of(open_pg(host=HOST, port=refused_port).ping())
    assert (str(error), [field.field for field in error.fields]) == (
        "unreachable.refused",
        ["config.host", "config.port"],
    )


async def test_a_port_that_speaks_http_is_not_postgresql(open_pg: Open, http_port: int):
    assert (await error_of(open_pg(host=HOST, port=http_port).ping())).code == "bad_answer"


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"table": "cases.no_such"}, "not_found_in_source.table"),
        ({"sql": "select * from cases.no_such"}, "not_found_in_source.table"),
        ({"sql": "select * from no_such.shown"}, "not_found_in_source.table"),
        ({"table": "cases.shown", "columns": ["no_such"]}, "not_found_in_source.column"),
        ({"sql": "select no_such(1)"}, "not_found_in_source.function"),
        ({"sql": "select 'a'::text > 1"}, "query_failed.operator"),
        ({"table": "cases.denied"}, "permission_denied.object"),
        ({"sql": "select 1 / 0"}, "query_failed.sql"),
        ({"sql": "select $1::int"}, "query_failed.sql"),
        ({"sql": "select $1::int", "args": ["x"]}, "query_failed.sql"),
        ({"sql": "select $1::text", "args": ["a\0b"]}, "query_failed.arguments"),
        ({"sql": "select $1::int", "args": [{"a": 1}]}, "query_failed.sql"),
    ],
)
async def test_a_request_that_fails_proves_the_source_well(pg: PostgresConnector, params: Params, said: str):
    error = await error_of(pg.sample(params))
    assert (str(error), error.outcome, error.retried) == (said, Outcome.REACHED, False)
    assert (await pg.ping())[0]


async def test_a_query_over_its_time_is_ended_by_the_server(pg: PostgresConnector):
    async with within(2):
        error = await error_of(pg.sample({"sql": "select cases.waits()"}))
    assert (type(error), str(error), error.outcome) == (QueryTimeout, "timeout.server", Outcome.REACHED)


async def test_a_locked_table_is_not_waited_for(pg: PostgresConnector, postgres: PostgresServer):
    with postgres.connect() as connection, connection.transaction():
        connection.execute("lock table cases.shown in access exclusive mode")
        error = await error_of(pg.sample({"table": "cases.shown"}))
    assert error.outcome == Outcome.REACHED


async def test_sessions_that_a_restart_ended_are_replaced(pg: PostgresConnector, postgres: PostgresServer):
    await asyncio.gather(pg.ping(), pg.ping(), pg.ping())
    postgres.stop()
    postgres.start()
    assert (await pg.ping())[0]


async def test_a_session_starts_afresh_for_each_call(pg: PostgresConnector):
    await pg._sample(PostgresParams(sql="select pg_advisory_lock(4711), set_config('timezone', 'Asia/Tehran', false)"))
    held = "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()"
    sample = await pg.sample({"sql": f"select ({held}), current_setting('timezone') = 'Asia/Tehran'"})
    assert list(sample.rows) == [(0, False)]


def test_postgresql_is_asked_of_one_host_only():
    for host in ("a,b", "/run/postgresql", "@x", "a b", "a\\b", "a\0"):
        with pytest.raises(ValidationError):
            PostgresConfig.model_validate({"host": host, "database": "d", "user": "u"})
