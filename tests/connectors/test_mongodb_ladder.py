"""The `read_only` rung of MongoDB: on a server that says what a user may do, and on one that does not."""

from typing import Any

import pytest

from core.connectors.base import Environment
from core.connectors.kinds.mongodb import MongodbConnector
from core.connectors.mongodb.link import Link
from core.connectors.mongodb.rights import writable
from core.connectors.mongodb.target import target_of
from core.diagnosis.ladder import Found
from core.i18n import LANGUAGES, translator
from core.models import STEPS, CheckStatus, Message
from core.safety.egress import EgressPolicy
from tests.connectors.mongodb_wire import Document, closing, config_of, connector, wire_server
from tests.servers.mongodb import MongoServer

pytestmark = pytest.mark.anyio

READ = {"role": "read", "db": "app"}
WRITE = {"role": "readWrite", "db": "app"}
FINDS = {"resource": {"db": "app", "collection": ""}, "actions": ["find", "listCollections"]}
INSERTS = {"resource": {"db": "app", "collection": ""}, "actions": ["find", "insert"]}
ELSEWHERE = {"resource": {"db": "other", "collection": ""}, "actions": ["insert"]}
IN_ADMIN = {"resource": {"db": "admin", "collection": ""}, "actions": ["find", "insert"]}
ROUTER: Document = {"msg": "isdbgrid"}
ALONE: Document = {"maxWireVersion": 21}
EVERYWHERE = {"resource": {"anyResource": True}, "actions": ["anyAction"]}


def told(roles: list[Document], privileges: list[Document]) -> Document:
    known = {"authenticatedUserRoles": roles, "authenticatedUserPrivileges": privileges}
    return {"authInfo": {"authenticatedUsers": [{"user": "reader", "db": "admin"}], **known}}


async def read_only(answer: Document, hello: Document | None = None) -> Found:
    """Of a server that answers `connectionStatus` so. The link signs nobody in: the wire server knows no SCRAM."""
    async with wire_server() as wire:
        wire.hello = hello or ROUTER
        wire.answers = lambda name, _command: answer if name == "connectionStatus" else None
        reader = target_of(config_of(wire.address, user="reader", password="p"))
        link = Link(target_of(config_of(wire.address)), Environment(EgressPolicy()), MongodbConnector.limits)
        try:
            return await link.call(lambda client: writable(client, reader))
        finally:
            await link.close()


@pytest.mark.parametrize(
    ("roles", "privileges", "said"),
    [
        ([READ], [FINDS], "check.only_reads"),
        ([READ], [FINDS, ELSEWHERE], "check.only_reads"),
        ([READ, WRITE], [FINDS, INSERTS], "check.writes.roles"),
        ([WRITE], [], "check.writes.roles"),
        ([{"role": "custom", "db": "app"}], [INSERTS], "check.writes.roles"),
        ([{"role": "root", "db": "admin"}], [EVERYWHERE], "check.writes.roles"),
        ([READ, {"role": "readWrite", "db": "admin"}], [FINDS, IN_ADMIN], "check.only_reads"),
        ([READ, {"role": "dbAdmin", "db": "admin"}], [FINDS], "check.only_reads"),
        ([READ, {"role": "readWriteAnyDatabase", "db": "admin"}], [FINDS], "check.writes.roles"),
        ([READ, {"role": "userAdmin", "db": "admin"}], [FINDS], "check.writes.roles"),
        ([READ, {"role": "dbOwner", "db": "admin"}], [FINDS], "check.writes.roles"),
        ([], [], "check.rights_unknown"),
    ],
)
async def test_roles_that_can_write_are_warned_of(roles: list[Document], privileges: list[Document], said: str):
    found = await read_only(told(roles, privileges))
    assert found.evidence
    assert (found.evidence.key, found.warning is not None) == (said, said == "check.writes.roles")


@pytest.mark.parametrize(
    ("roles", "privileges", "said", "status"),
    [
        ([READ], [FINDS], "check.only_reads_alone", None),
        ([WRITE], [INSERTS], "check.writes.roles_alone", None),
        ([], [], "check.rights_unknown_alone", CheckStatus.UNSUPPORTED),
    ],
)
async def test_of_a_standalone_it_is_said_that_rights_alone_stand_behind_the_check(
    roles: list[Document], privileges: list[Document], said: str, status: CheckStatus | None
):
    found = await read_only(told(roles, privileges), ALONE)
    there = await read_only(told(roles, privileges))
    assert found.evidence
    assert there.evidence
    assert found.evidence == Message(said, there.evidence.args)
    assert (found.status, found.warning) == (status, there.warning)
    for lang in LANGUAGES:
        assert "standalone" in translator(lang, strict=True).message(found.evidence)


@pytest.mark.parametrize("code", [59, 115, 238])
async def test_a_server_without_the_command_is_no_failure(code: int):
    answer: dict[str, Any] = {"ok": 0, "code": code, "errmsg": "no such command"}
    assert (await read_only(answer)).status is CheckStatus.UNSUPPORTED


async def test_the_command_that_mends_it_is_said():
    warned = await read_only(told([WRITE], [INSERTS]))
    assert warned.warning
    assert warned.warning.args["statement"] == (
        'db.getSiblingDB("admin").grantRolesToUser("reader", [{"role": "read", "db": "app"}]); '
        'db.getSiblingDB("admin").revokeRolesFromUser("reader", [{"role": "readWrite", "db": "app"}])'
    )


async def test_a_server_without_users_lets_everybody_write():
    async with wire_server() as wire, closing(connector(wire.address)) as mongo:
        checks = {check.step: check async for check in mongo.diagnose()}
    assert (checks["read_only"].status, checks["tls"].status) == (CheckStatus.WARNING, CheckStatus.SKIPPED)
    assert checks["read_only"].evidence == Message("check.writes.anyone_alone")


async def test_ferretdb_does_not_say_and_that_is_no_failure(mongodb: MongoServer):
    given: dict[str, Any] = {"user": mongodb.user, "password": mongodb.password}
    async with closing(connector(f"{mongodb.host}:{mongodb.port}", **given)) as mongo:
        checks = {check.step: check async for check in mongo.diagnose()}
    assert tuple(checks) == STEPS
    assert CheckStatus.FAILED not in {check.status for check in checks.values()}
    if mongodb.name == "ferretdb":
        assert checks["read_only"].status is CheckStatus.UNSUPPORTED
        assert checks["read_only"].evidence == Message("check.rights_unknown_alone")
    assert checks["auth"].facts["server"].startswith("MongoDB ")
