"""The `mongodb` kind against a real server: what every kind promises, and what it says when something is wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from core.connectors import forms
from core.connectors.base import Environment
from core.connectors.kinds.mongodb import MongodbConfig, MongodbConnector
from core.errors import QueryRefused
from core.models import CheckStatus, Outcome
from core.safety.egress import EgressPolicy
from tests.connectors.conformance import CANARY, Config, ConnectorConformance, Params, error_of
from tests.connectors.mongodb_relay import Relay, relay
from tests.servers.mongodb import MongoServer

pytestmark = pytest.mark.anyio

HOST = "127.0.0.1"
DATABASE = "cheshmeh_cases"
MARK = "stalls-until-left"
Open = Callable[..., MongodbConnector]


@pytest.fixture(scope="module", autouse=True)
def cases(mongodb: MongoServer) -> Iterator[None]:
    with mongodb.client() as client:
        client.drop_database(DATABASE)
        client[DATABASE].numbers.insert_many([{"_id": n, "text": "x" * 100} for n in range(50)])
    yield
    with mongodb.client() as client:
        client.drop_database(DATABASE)


@pytest.fixture
def mongo_config(mongodb: MongoServer) -> Config:
    return {
        "hosts": [f"{mongodb.host}:{mongodb.port}"],
        "database": DATABASE,
        "user": mongodb.user,
        "password": mongodb.password,
    }


@pytest.fixture
async def open_mongo(mongo_config: Config, anyio_backend: str) -> AsyncIterator[Open]:
    """Makes connectors, with changes to the configuration (None leaves a field out); closes them all."""
    opened: list[MongodbConnector] = []

    def make(*, policy: EgressPolicy | None = None, **changes: Any) -> MongodbConnector:
        given = {name: value for name, value in (mongo_config | changes).items() if value is not None}
        config = forms.validate_config(MongodbConfig, given)
        opened.append(MongodbConnector.build(config, Environment(policy or EgressPolicy())))
        return opened[-1]

    yield make
    for connector in opened:
        await connector.close()


@pytest.fixture
def mongo(open_mongo: Open) -> MongodbConnector:
    return open_mongo()


class TestMongodbConformance(ConnectorConformance):
    connector_class = MongodbConnector

    @pytest.fixture(autouse=True)
    def _relay(self, mongodb: MongoServer) -> Iterator[None]:
        with relay(mongodb.port, MARK) as before:
            self.relay: Relay = before
            yield

    @pytest.fixture
    def good_config(self, mongo_config: Config, _relay: None) -> Config:
        return mongo_config | {"hosts": [f"{HOST}:{self.relay.port}"]}

    @pytest.fixture
    def refused_config(self, mongo_config: Config) -> Config:
        return mongo_config | {"password": CANARY}

    @pytest.fixture
    def unreachable_config(self, mongo_config: Config, refused_port: int) -> Config:
        return mongo_config | {"password": CANARY, "hosts": [f"{HOST}:{refused_port}"]}

    @pytest.fixture
    def silent_config(self, mongo_config: Config, silent_port: int) -> Config:
        return mongo_config | {"password": CANARY, "hosts": [f"{HOST}:{silent_port}"]}

    @pytest.fixture
    def good_params(self) -> Params:
        return {"collection": "numbers"}

    @pytest.fixture
    def slow_params(self) -> Params:
        return {"collection": "numbers", "filter": {"text": MARK}}

    async def until_busy(self, busy: bool) -> None:
        async with asyncio.timeout(10):
            while (self.relay.held > 0) is not busy:  # noqa: ASYNC110 - only the relay knows
                await asyncio.sleep(0.01)


async def test_a_ping_names_version_and_topology(mongo: MongodbConnector, mongodb: MongoServer):
    ok, said = await mongo.ping()
    assert ok
    assert said.startswith("MongoDB ")
    assert mongodb.version.lstrip("v") in said
    assert "standalone" in said


@pytest.mark.parametrize(
    ("changes", "said", "fields"),
    [
        ({"password": "wrong"}, "auth_failed.password", ["config.user", "config.password"]),
        ({"user": "nobody_here"}, "auth_failed.password", ["config.user", "config.password"]),
        ({"auth_source": "elsewhere"}, "auth_failed.password", ["config.user", "config.password"]),
        ({"user": None, "password": None}, "auth_failed.no_user", ["config.user", "config.password"]),
        ({"replica_set": "rs9"}, "not_found_in_source.no_replica_set", ["config.replica_set"]),
        ({"replica_set": "rs9", "direct": True}, "not_found_in_source.no_replica_set", ["config.replica_set"]),
        ({"hosts": ["no-such-host.invalid"]}, "unreachable", ["config.hosts"]),
        ({"hosts": ["169.254.169.254"]}, "egress_denied.metadata", ["config.hosts"]),
    ],
)
async def test_what_is_wrong_is_said_and_where(open_mongo: Open, changes: Config, said: str, fields: list[str]):
    error = await error_of(open_mongo(**changes).ping())
    assert str(error).startswith(said)
    assert [field.field for field in error.fields] == fields


async def test_a_closed_port_names_the_members(open_mongo: Open, refused_port: int):
    error = await error_of(open_mongo(hosts=[f"{HOST}:{refused_port}"]).ping())
    assert (str(error), error.arguments["port"]) == ("unreachable.refused", refused_port)
    assert [field.field for field in error.fields] == ["config.hosts"]


async def test_a_closed_port_of_a_connection_string_names_that(open_mongo: Open, refused_port: int):
    uri = f"mongodb://reader:{CANARY}@{HOST}:{refused_port}/?authSource=admin&retryWrites=true&w=majority"
    error = await error_of(open_mongo(hosts=None, user=None, password=None, uri=uri).ping())
    assert (str(error), [field.field for field in error.fields]) == ("unreachable.refused", ["config.uri"])


async def test_a_port_that_speaks_http_is_not_mongodb(open_mongo: Open, http_port: int):
    assert str(await error_of(open_mongo(hosts=[f"{HOST}:{http_port}"]).ping())) == "bad_answer.not_mongodb"


async def test_one_member_that_answers_is_enough(open_mongo: Open, mongodb: MongoServer, refused_port: int):
    dead = f"{HOST}:{refused_port}"
    checks = [check async for check in open_mongo(hosts=[dead, f"{HOST}:{mongodb.port}"]).diagnose()]
    seen = {check.step: check.status for check in checks}
    assert (seen["dns"], seen["tcp"]) == (CheckStatus.OK, CheckStatus.WARNING)


async def test_a_connection_string_works_as_fields_do(open_mongo: Open, mongodb: MongoServer):
    uri = f"mongodb://{mongodb.user}:{mongodb.password}@{HOST}:{mongodb.port}/?directConnection=true&appName=x"
    assert (await open_mongo(hosts=None, user=None, password=None, uri=uri).ping())[0]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"collection": "no_such"}, "not_found_in_source.collection"),
        ({"collection": "numbers", "filter": {"_id": {"$mod": [0, 1]}}}, "query_failed.mongodb"),
        ({"collection": "numbers", "pipeline": [{"$group": {}}]}, "query_failed"),
        ({"collection": "numbers", "pipeline": [{"$sample": {"size": 3}}]}, "query_failed.unsupported"),
        ({"collection": "numbers", "pipeline": [{"$facet": {"a": []}}]}, "query_failed.unsupported"),
    ],
)
async def test_a_request_that_fails_proves_the_source_well(mongo: MongodbConnector, params: Params, said: str):
    error = await error_of(mongo.sample(params))
    assert str(error).startswith(said)
    assert (error.outcome, error.retried) == (Outcome.REACHED, False)
    assert (await mongo.ping())[0]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"collection": "numbers", "filter": {"a": {"$oid": "no id"}}}, "params.filter"),
        ({"collection": "numbers", "filter": {"a": {"$date": "yesterday"}}}, "params.filter"),
        ({"collection": "numbers", "filter": {"a": {"$numberLong": "x"}}}, "params.filter"),
        ({"collection": "numbers", "filter": {"a": 2**63}}, "params.filter"),
        ({"collection": "numbers", "pipeline": [{"$match": {"a": {"$uuid": "x"}}}]}, "params.pipeline"),
        ({"collection": "numbers", "pipeline": [], "filter": {}}, "params.pipeline"),
        ({"filter": {}}, "params.collection"),
    ],
)
async def test_a_request_that_makes_no_sense_is_named(mongo: MongodbConnector, params: Params, field: str):
    error = await error_of(mongo.sample(params))
    assert (error.code, [found.field for found in error.fields]) == ("validation_error", [field])


@pytest.mark.parametrize(
    "params",
    [
        {"collection": "numbers", "pipeline": [{"$out": "x"}]},
        {"collection": "numbers", "filter": {"$where": "1"}},
        {"collection": "numbers", "projection": {"a": {"$function": {}}}},
        {"collection": "numbers", "sort": {"a": {"$where": "1"}}},
        {"collection": "system.users"},
    ],
)
async def test_what_does_more_than_read_is_refused_before_the_source(open_mongo: Open, params: Params):
    error = await error_of(open_mongo(hosts=["192.0.2.1"]).sample(params))
    assert isinstance(error, QueryRefused)
