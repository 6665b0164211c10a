"""TLS as MongoDB's drivers speak it: who is believed, and what is said of a certificate that is not."""

import pytest

from core.connectors.mongodb.rungs import crosses_in_clear
from core.connectors.mongodb.target import target_of
from core.connectors.network import Host
from core.models import STEPS, CheckStatus
from core.safety.egress import EgressPolicy
from tests.connectors.conformance import Config, error_of
from tests.connectors.mongodb_wire import closing, config_of, connector, wire_server
from tests.servers.authority import TlsAuthority
from tests.servers.mongodb import MongoServer

pytestmark = pytest.mark.anyio

HOST = "127.0.0.1"


@pytest.fixture
def tls_config(mongodb: MongoServer) -> Config:
    return {"user": mongodb.user, "password": mongodb.password, "tls": True, "timeout_s": 5}


async def test_a_pasted_authority_is_believed(mongodb: MongoServer, tls_config: Config):
    async with closing(connector(f"{HOST}:{mongodb.tls_port}", **tls_config, ca_pem=mongodb.ca_pem)) as mongo:
        assert (await mongo.ping())[0]
        checks = {check.step: check async for check in mongo.diagnose()}
    assert tuple(checks) == STEPS
    assert CheckStatus.FAILED not in {check.status for check in checks.values()}
    assert checks["tls"].status is CheckStatus.OK
    assert sorted(checks["tls"].facts["names"].split(", ")) == ["127.0.0.1", "localhost"]


async def test_without_a_check_any_certificate_is_taken_and_a_rung_warns(mongodb: MongoServer, tls_config: Config):
    async with closing(connector(f"{HOST}:{mongodb.tls_port}", **tls_config, tls_verify=False)) as mongo:
        assert (await mongo.ping())[0]
        checks = {check.step: check async for check in mongo.diagnose()}
    assert (checks["tls"].status, checks["tls"].fields) == (CheckStatus.WARNING, ("config.tls_verify",))


async def test_an_unknown_authority_is_refused(mongodb: MongoServer, tls_config: Config):
    for ca_pem in (None, TlsAuthority().pem):
        async with closing(connector(f"{HOST}:{mongodb.tls_port}", **tls_config, ca_pem=ca_pem)) as mongo:
            error = await error_of(mongo.ping())
            failed = [check.step async for check in mongo.diagnose() if check.status is CheckStatus.FAILED]
        assert (str(error), [field.field for field in error.fields]) == ("tls_invalid.authority", ["config.ca_pem"])
        assert failed == ["tls"]


@pytest.mark.parametrize(
    ("names", "expired", "said"),
    [
        (("db.example.ir",), False, "tls_invalid.name"),
        (("192.0.2.1",), False, "tls_invalid.name"),
        ((), True, "tls_invalid.expired"),
    ],
)
async def test_a_certificate_that_does_not_fit_is_told_apart(names: tuple[str, ...], expired: bool, said: str):
    authority = TlsAuthority()
    shown = authority.issue(*names, expired=expired).server_context()
    async with (
        wire_server(shown) as wire,
        closing(connector(wire.address, tls=True, ca_pem=authority.pem)) as mongo,
    ):
        assert str(await error_of(mongo.ping())) == said


async def test_a_server_without_tls_does_not_come_to_an_encrypted_connection(http_port: int):
    async with closing(connector(f"{HOST}:{http_port}", tls=True, timeout_s=2)) as mongo:
        error = await error_of(mongo.ping())
    assert (str(error), [field.field for field in error.fields]) == ("tls_invalid.unsupported", ["config.tls"])


async def test_a_server_that_wants_tls_breaks_a_plain_connection_off(mongodb: MongoServer):
    async with closing(connector(f"{HOST}:{mongodb.tls_port}", timeout_s=2)) as mongo:
        error = await error_of(mongo.ping())
    assert str(error) in ("unreachable.reset", "bad_answer.not_mongodb", "timeout.connect")


@pytest.mark.parametrize(
    ("address", "changes", "warned"),
    [
        ("192.0.2.1", {"user": "u", "password": "p"}, True),
        ("", {"user": "u", "password": "p"}, True),
        ("192.0.2.1", {"user": "u", "password": "p", "tls": True}, False),
        ("192.0.2.1", {}, False),
        ("127.0.0.1", {"user": "u", "password": "p"}, False),
        ("::1", {"user": "u", "password": "p"}, False),
    ],
)
def test_a_password_that_crosses_the_network_in_clear_is_warned_of(address: str, changes: Config, warned: bool):
    host = Host("db.example.ir", 27017, EgressPolicy(), 1, open=address)
    assert crosses_in_clear(target_of(config_of("db.example.ir", **changes)), [host]) is warned
