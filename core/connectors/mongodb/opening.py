"""The driver's client for a target: what it may do by itself is as little as it can be told."""

import contextlib
import logging
import tempfile
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.common import MAX_MESSAGE_SIZE, clean_node
from pymongo.errors import ConfigurationError
from pymongo.hello import Hello
from pymongo.monitoring import (
    ServerHeartbeatFailedEvent,
    ServerHeartbeatListener,
    ServerHeartbeatStartedEvent,
    ServerHeartbeatSucceededEvent,
)

from core.connectors.base import Limits
from core.connectors.mongodb.gate import CommandGate
from core.connectors.mongodb.target import Target
from core.connectors.mongodb.uri import HOSTS_MAX, Address
from core.connectors.network import fields_of
from core.errors import CertificateInvalid
from core.safety.names import ascii_name

POOL_MAX = 4
IDLE_MS = 300_000

PREFERENCES = {
    name.lower(): name for name in ("primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest")
}

Client = AsyncMongoClient[Any]


class SetNames(ServerHeartbeatListener):
    """Which replica set each member last said it belongs to, and why one said nothing.

    The driver forgets a member of another set, and takes one that is to be a set's only member for one that is not.
    """

    def __init__(self) -> None:
        self.found: dict[Address, str | None] = {}
        self.silent: dict[Address, Exception] = {}

    def started(self, event: ServerHeartbeatStartedEvent) -> None:
        """Nothing said yet."""

    def succeeded(self, event: ServerHeartbeatSucceededEvent) -> None:
        host, port = event.connection_id
        self.found[host, port or 0] = event.reply.replica_set_name
        self.silent.pop((host, port or 0), None)

    def failed(self, event: ServerHeartbeatFailedEvent) -> None:
        host, port = event.connection_id
        self.silent[host, port or 0] = event.reply

    def any(self) -> str | None:
        return next(filter(None, self.found.values()), None)


def open_client(target: Target, limits: Limits, names: SetNames) -> Client:
    """A client that has not dialled yet. Raises CertificateInvalid for an authority that cannot be read."""
    _bound_greetings()
    # The driver's own records hold commands and answers: filters, documents.
    logging.getLogger("pymongo").setLevel(logging.WARNING)
    with _authority(target) as tls:
        try:
            return AsyncMongoClient(
                [_text(host) for host in target.hosts],
                **_limits_ms(limits),
                **_credentials(target),
                **tls,
                appname="cheshmeh",
                maxPoolSize=POOL_MAX,
                maxIdleTimeMS=IDLE_MS,
                # Not the streaming protocol: it keeps a second connection to every member.
                serverMonitoringMode="poll",
                retryReads=False,
                retryWrites=False,
                replicaSet=target.replica_set,
                directConnection=target.direct,
                readPreference=PREFERENCES[target.preference],
                event_listeners=[CommandGate(), names],
            )
        except ConfigurationError:
            pass
    raise CertificateInvalid("no_authority", fields=fields_of("ca_pem"), **target.where())


def _bound_greetings() -> None:
    """Keeps a server's greeting from raising what the driver takes: a message of 2 GB, tens of thousands of members."""
    for name, bounded in (("max_message_size", _message_size), ("all_hosts", _members)):
        setattr(Hello, name, property(bounded))


def _message_size(_hello: "Hello[Any]") -> int:
    return MAX_MESSAGE_SIZE  # twice the longest document; no answer is longer


def _members(hello: "Hello[Any]") -> set[tuple[str, int]]:
    said = (hello.document.get(part, ()) for part in ("hosts", "passives", "arbiters"))
    return {clean_node(member) for member in islice(chain.from_iterable(said), HOSTS_MAX)}


def _limits_ms(limits: Limits) -> dict[str, Any]:
    connect, attempt = int(limits.connect * 1000), int(limits.attempt * 1000)
    return {
        "connectTimeoutMS": connect,
        "serverSelectionTimeoutMS": connect,
        "waitQueueTimeoutMS": connect,
        "socketTimeoutMS": attempt,
    }


def _credentials(target: Target) -> dict[str, Any]:
    if not target.user or not target.password:
        return {}
    given = {"username": target.user, "password": target.password, "authSource": target.auth_source}
    return given | ({"authMechanism": target.mechanism} if target.mechanism else {})


@contextlib.contextmanager
def _authority(target: Target) -> Iterator[dict[str, Any]]:
    # The driver reads certificates from files only, and only while its client is made.
    if not target.tls:
        yield {"tls": False}
    elif not target.tls_verify:
        yield {"tls": True, "tlsInsecure": True}
    elif not target.ca_pem:
        yield {"tls": True, "tlsDisableOCSPEndpointCheck": True}
    else:
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(target.ca_pem)
            file.flush()
            yield {"tls": True, "tlsDisableOCSPEndpointCheck": True, "tlsCAFile": file.name}


def _text(member: Address) -> str:
    host, port = member
    with contextlib.suppress(UnicodeError):
        # Left to itself the driver follows the older rules of IDNA, under which some names are others.
        host = ascii_name(host)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
