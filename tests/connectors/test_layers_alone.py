"""Each of the two read-only layers with the other one switched off.

Without the first, what a source holds stays as it is; what only the first layer stops is named in docs/Security.md, and
shown to be real in `test_postgres_superuser`. Without the second, what the first admits changes nothing either.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from core.connectors import forms
from core.connectors.base import Connector, Environment
from core.connectors.kinds.graphql import GraphqlConnector
from core.connectors.kinds.mongodb import MongodbConnector
from core.connectors.kinds.postgres import PostgresConnector, PostgresParams
from core.connectors.kinds.rest import RestConnector
from core.connectors.kinds.s3 import S3Connector
from core.connectors.mongodb import gate
from core.errors import InvalidInput, QueryRefused, SourceError
from core.resilience.deadline import within
from core.safety.egress import EgressPolicy
from tests.api import dumps
from tests.api.test_nothing_changes import CONDITIONS, KEYS, PATHS, SQL_ATTEMPTS, answering
from tests.connectors.conftest import Open
from tests.connectors.graphql_stub import stub_server
from tests.safety import graphql_documents, mongo_requests, s3_keys, superuser_traps
from tests.safety.test_sql_honest import HONEST
from tests.servers.mongodb import MongoServer
from tests.servers.postgres import PostgresServer
from tests.servers.s3 import S3Server

pytestmark = pytest.mark.anyio

DATABASE, BUCKET = "cheshmeh_layers", "cheshmeh-layers"
AT_ONCE = 8
LIMIT_S = 1.5
"""For one attempt: some would sleep for minutes."""
TRAPS = {sql for _, _, sql in superuser_traps.REFUSED}
Made = Callable[[type[Connector], dict[str, Any]], Connector]


def nothing(*_args: Any, **_options: Any) -> None:
    """A rule that is switched off."""


@pytest.fixture
async def made(anyio_backend: str) -> AsyncIterator[Made]:
    opened: list[Connector] = []

    def make(kind: type[Connector], config: dict[str, Any]) -> Connector:
        checked = forms.validate_config(kind.config_model, config)
        opened.append(kind.build(checked, Environment(EgressPolicy())))
        return opened[-1]

    yield make
    for connector in opened:
        await connector.close()


@pytest.fixture(scope="module", autouse=True)
def seeded(postgres: PostgresServer, mongodb: MongoServer, s3: S3Server) -> Iterator[None]:
    postgres.execute("create table public.t (a int, b text); insert into public.t values (1, 'x')")
    postgres.execute("drop role if exists least; create role least login password 'least'; grant select on t to least")
    s3.client().create_bucket(Bucket=BUCKET)
    for key in ("safe/a.csv", "secret.csv"):
        s3.client().put_object(Bucket=BUCKET, Key=key, Body=b"a\n1\n")
    with mongodb.client() as client:
        client[DATABASE].c.insert_many([{"_id": n, "a": n} for n in range(5)])
        yield
        client.drop_database(DATABASE)
    postgres.execute("drop table public.t; drop role least")


@pytest.fixture
def trapped(postgres: PostgresServer) -> Iterator[None]:
    postgres.execute(superuser_traps.SCHEMA.format(made="/nowhere/at-all"))
    yield
    postgres.execute(superuser_traps.CLEAN)


async def _every_attempt(pg: PostgresConnector, *, also: tuple[str, ...] = ()) -> int:
    """How many of the attempts, sent without a rule, the server answered."""
    given = [PostgresParams(sql=sql) for sql in SQL_ATTEMPTS if sql not in TRAPS]
    given += [PostgresParams(sql=sql) for sql in also]
    given += [PostgresParams(table="t", where=condition) for condition in CONDITIONS]
    answered: list[PostgresParams] = []

    async def ask(params: PostgresParams) -> None:
        with suppress(SourceError, TimeoutError):
            async with within(LIMIT_S):
                await pg._sample(params)
            answered.append(params)

    for start in range(0, len(given), AT_ONCE):
        await asyncio.gather(*map(ask, given[start : start + AT_ONCE]))
    await pg.close()
    return len(answered)


@pytest.mark.usefixtures("trapped")
async def test_postgres_without_the_first_layer_and_the_least_rights(open_pg: Open, postgres: PostgresServer):
    before = dumps.of_postgres(postgres)
    answered = await _every_attempt(open_pg(user="least", password="least"), also=tuple(TRAPS))
    assert dumps.of_postgres(postgres) == before
    assert answered, "the attempts did reach the server"


async def test_postgres_without_the_first_layer_as_a_superuser(open_pg: Open, postgres: PostgresServer):
    """All but what `test_postgres_superuser` shows: other people's code, which may take the rights back."""
    before = dumps.of_postgres(postgres)
    mighty = open_pg(user=postgres.superuser, password=postgres.superuser_password)
    assert await _every_attempt(mighty)
    assert dumps.of_postgres(postgres) == before


def test_postgres_without_the_second_layer(postgres: PostgresServer):
    """What the rule admits changes nothing even where it may, and is kept."""
    before = dumps.of_postgres(postgres)
    with postgres.connect(cursor_factory=psycopg.RawCursor) as connection:
        for sql in HONEST:
            connection.execute(sql.encode(), prepare=True)
    assert dumps.of_postgres(postgres) == before


@pytest.fixture
def mongo(made: Made, mongodb: MongoServer) -> Connector:
    place = {"hosts": [f"{mongodb.host}:{mongodb.port}"], "database": DATABASE}
    return made(MongodbConnector, place | {"user": mongodb.user, "password": mongodb.password})


MONGO_REQUESTS = [
    *({"collection": "c", "pipeline": each} for each, *_ in mongo_requests.PIPELINES),
    *({"collection": "c", "filter": each} for each, *_ in mongo_requests.FILTERS),
]


async def test_mongodb_without_the_first_layer(mongo: Connector, mongodb: MongoServer, monkeypatch: pytest.MonkeyPatch):
    before = dumps.of_mongodb(mongodb)
    monkeypatch.setattr(MongodbConnector, "check_params", nothing)
    stopped = 0
    for params in MONGO_REQUESTS:
        try:
            await mongo.sample(params)
        except QueryRefused as refused:
            stopped += refused.reason == "command"
        except (SourceError, ValueError):
            pass
    assert dumps.of_mongodb(mongodb) == before
    assert stopped > len(MONGO_REQUESTS) // 2, "the gate for commands stopped what the rule did not"


async def test_mongodb_without_the_second_layer(
    mongo: Connector, mongodb: MongoServer, monkeypatch: pytest.MonkeyPatch
):
    before = dumps.of_mongodb(mongodb)
    monkeypatch.setattr(gate, "forbidden", nothing)
    for params in MONGO_REQUESTS:
        with pytest.raises(Exception, match=r"query_refused|validation_error"):
            await mongo.sample(params)
    for pipeline in mongo_requests.HONEST_PIPELINES:
        with suppress(SourceError):
            await mongo.sample({"collection": "c", "pipeline": pipeline})
    assert dumps.of_mongodb(mongodb) == before


async def test_s3_without_the_first_layer(made: Made, s3: S3Server, monkeypatch: pytest.MonkeyPatch):
    config = {"endpoint_url": s3.endpoint_url, "bucket": BUCKET, "prefix": s3_keys.PREFIX}
    keys = {"access_key_id": s3.access_key_id, "secret_access_key": s3.secret_access_key}
    bucket = made(S3Connector, config | keys)
    before = dumps.of_s3(s3)
    monkeypatch.setattr("core.connectors.kinds.s3.check_key", nothing)
    for key in KEYS:
        with suppress(SourceError, InvalidInput):
            await bucket.sample({"key": key})
    assert dumps.of_s3(s3) == before


async def test_graphql_without_the_first_layer(made: Made, monkeypatch: pytest.MonkeyPatch):
    from graphql import GraphQLSyntaxError, parse

    monkeypatch.setattr("core.safety.graphql.check_document", lambda document, *_: parse(document))
    with stub_server() as stub:
        stub.answers({"data": {"a": 1}})
        source = made(GraphqlConnector, {"endpoint": stub.url})
        for document, *_ in graphql_documents.CHANGING:
            with pytest.raises((QueryRefused, GraphQLSyntaxError)):
                await source.sample({"query": document})
        assert stub.asked == []


async def test_rest_without_the_first_layer(made: Made, monkeypatch: pytest.MonkeyPatch):
    """Whatever path leaves, it is asked for with GET and no body."""
    heard: list[str] = []
    monkeypatch.setattr("core.connectors.kinds.rest.check_path", nothing)
    with answering(heard) as url:
        source = made(RestConnector, {"base_url": f"{url}/base"})
        for path in PATHS:
            with suppress(SourceError, InvalidInput, ValueError):
                await source.sample({"path": path})
    assert heard
    assert {line.partition(" ")[0] for line in heard} == {"GET"}
