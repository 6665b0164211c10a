"""What a server says of itself, and whether it lets us in."""

from collections.abc import Mapping
from typing import Any

from pymongo.errors import OperationFailure

from core.connectors.mongodb.failures import UNSUPPORTED
from core.connectors.mongodb.opening import Client
from core.connectors.mongodb.requests import run
from core.connectors.mongodb.target import Target
from core.redaction import word

SAID_MAX = 1000
"""Characters that are looked at of what a server says of itself; a person sees far fewer."""


async def greeting(client: Client, target: Target) -> str:
    """Version, topology and role of the server that answers: `MongoDB 7.0.4, replica set rs0, primary`.

    A server that asks for a user greets anybody: without a user, the list of collections is what proves it lets us in.
    """
    hello = await run(client, target.database, "hello")
    await run(client, target.database, "ping")
    if not target.user:
        await run(client, target.database, {"listCollections": 1, "nameOnly": True, "cursor": {"batchSize": 1}})
    return ", ".join([await version(client, target), *_topology(hello)])


async def version(client: Client, target: Target) -> str:
    built = await run(client, target.database, "buildInfo")
    ferret = built.get("ferretdbVersion")
    said = f"MongoDB {_word(built.get('version', ''))}"
    return said + (f" (FerretDB {_word(ferret).lstrip('v')})" if ferret else "")


def is_standalone(hello: Mapping[str, Any]) -> bool:
    """Whether what answered is neither a member of a replica set nor a router."""
    return "setName" not in hello and hello.get("msg") != "isdbgrid"


def _topology(hello: Mapping[str, Any]) -> list[str]:
    if hello.get("msg") == "isdbgrid":
        return ["sharded cluster"]
    if is_standalone(hello):
        return ["standalone"]
    role = "primary" if hello.get("isWritablePrimary") else "secondary" if hello.get("secondary") else "other"
    return [f"replica set {_word(hello['setName'])}", role]


async def signed_in(client: Client, target: Target) -> dict[str, Any]:
    """Who the server takes us for, and its version: the arguments of a rung's evidence."""
    said = await greeting(client, target)
    user = target.user or ""
    try:
        status = await run(client, target.database, "connectionStatus")
    except OperationFailure as err:
        if err.code not in UNSUPPORTED:
            raise
    else:
        users = status.get("authInfo", {}).get("authenticatedUsers", [])
        user = _word(users[0].get("user", user)) if users else user
    return {"user": user, "version": said}


def _word(said: object) -> str:
    return word(str(said)[:SAID_MAX])
