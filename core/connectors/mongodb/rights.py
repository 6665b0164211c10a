"""What a MongoDB user could write: the `read_only` rung."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pymongo.errors import OperationFailure

from core.connectors.mongodb.failures import UNSUPPORTED
from core.connectors.mongodb.greeting import is_standalone
from core.connectors.mongodb.opening import Client
from core.connectors.mongodb.requests import run
from core.connectors.mongodb.target import Target
from core.diagnosis.ladder import Found, unsupported
from core.models import Message

COMMAND = {"connectionStatus": 1, "showPrivileges": True}
# https://www.mongodb.com/docs/manual/reference/privilege-actions/
WRITES = frozenset({
    "insert", "update", "remove", "createCollection", "dropCollection", "dropDatabase", "createIndex", "dropIndex",
    "renameCollectionSameDB", "convertToCapped", "collMod", "bypassDocumentValidation", "anyAction",
    "createUser", "grantRole",
})  # fmt: skip
# https://www.mongodb.com/docs/manual/reference/built-in-roles/
WRITING_ROLES = frozenset({
    "readWrite", "readWriteAnyDatabase", "dbAdmin", "dbAdminAnyDatabase", "dbOwner", "userAdmin",
    "userAdminAnyDatabase", "restore", "root", "__system",
})  # fmt: skip

ONE_DATABASE = frozenset({"readWrite", "dbAdmin"})
"""Of the roles above, those that write where they were given, and nowhere else."""

ALONE = {
    "check.only_reads": "check.only_reads_alone",
    "check.rights_unknown": "check.rights_unknown_alone",
    "check.writes.anyone": "check.writes.anyone_alone",
    "check.writes.roles": "check.writes.roles_alone",
}
"""What is said of a standalone, which knows no transactions: there the user's rights are the only second layer."""


async def writable(client: Client, target: Target) -> Found:
    """A warning with the command that would mend it; `unsupported` where the server does not say."""
    found = await _rights(client, target)
    if found.evidence is None or not is_standalone(await run(client, target.database, "hello")):
        return found
    return replace(found, evidence=replace(found.evidence, key=ALONE[found.evidence.key]))


async def _rights(client: Client, target: Target) -> Found:
    if not target.user:
        return Found(Message("check.writes.anyone"), Message("check.mend_anyone"), ("config.user",))
    try:
        status = await run(client, target.database, COMMAND)
    except OperationFailure as err:
        if err.code not in UNSUPPORTED:
            raise
        return unsupported("check.rights_unknown")
    return _judged(status.get("authInfo", {}), target)


def _judged(told: Mapping[str, Any], target: Target) -> Found:
    privileges, roles = told.get("authenticatedUserPrivileges") or [], told.get("authenticatedUserRoles") or []
    if not privileges and not roles:
        # Who may read has a role: a server that names none keeps them to itself.
        return unsupported("check.rights_unknown")
    facts = {"command": "connectionStatus"}
    user = {"user": target.user}
    actions = _writing(privileges, target.database)
    named = [role for role in roles if role.get("role") in WRITING_ROLES and _concerns(role, target)]
    if not actions and not named:
        return Found(Message("check.only_reads", user), facts=facts)
    what = ", ".join([*(str(role["role"]) for role in named), *actions][:5])
    advice = Message("check.mend", {"statement": _statement(target, named)})
    return Found(Message("check.writes.roles", {**user, "what": what}), advice, target_fields(target), facts)


def _writing(privileges: Iterable[Mapping[str, Any]], database: str) -> list[str]:
    """Actions that change something in the database, or in every one."""
    found = {
        str(action)
        for privilege in privileges
        if _reaches(privilege.get("resource", {}), database)
        for action in privilege.get("actions", ())
    }
    return sorted(found & WRITES)


def _reaches(resource: Mapping[str, Any], database: str) -> bool:
    system = str(resource.get("collection", "")).startswith("system.")
    return bool(resource.get("anyResource")) or (resource.get("db") in ("", database) and not system)


def _concerns(role: Mapping[str, Any], target: Target) -> bool:
    """Most roles of `admin` reach every database, or may give themselves one that does."""
    database = role.get("db")
    return database == target.database or (database == "admin" and role["role"] not in ONE_DATABASE)


def _statement(target: Target, roles: list[Mapping[str, Any]]) -> str:
    source, user = json.dumps(target.auth_source), json.dumps(target.user, ensure_ascii=False)
    given = json.dumps([{"role": "read", "db": target.database}], ensure_ascii=False)
    there = f"db.getSiblingDB({source})"
    if not roles:
        return f"{there}.updateUser({user}, {{roles: {given}}})"
    taken = json.dumps([{"role": role["role"], "db": role["db"]} for role in roles], ensure_ascii=False)
    return f"{there}.grantRolesToUser({user}, {given}); {there}.revokeRolesFromUser({user}, {taken})"


def target_fields(target: Target) -> tuple[str, ...]:
    return (f"config.{target.user_fields[0]}",)
