"""Opening, resetting and ending sessions with a PostgreSQL server."""

import asyncio
import os
import select
import socket
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from core.connectors.network import Host, shares
from core.connectors.postgres import failures
from core.connectors.postgres.received import hold_little, socket_of
from core.connectors.postgres.values import register_loaders
from core.errors import AuthError, CertificateInvalid, SourceError
from core.resilience.deadline import promised, remaining, server_limit_s, within

if TYPE_CHECKING:
    from psycopg import AsyncConnection


VERIFIED = frozenset({"verify-ca", "verify-full"})
FALLBACK = {"prefer": ("require", "disable", "unsupported"), "allow": ("disable", "require", "not_admitted")}
"""What is dialled first, what next, and for which reason alone."""
LOCK_WAIT_MS = 2000
RESET_S = 1.0
_NOTICED = {"tcp_user_timeout": 5000, "keepalives_idle": 30, "keepalives_interval": 5, "keepalives_count": 2}
"""A peer that acknowledges nothing for as long as connecting may take is gone; while all is quiet it is asked, too."""
_LIMIT = "select pg_catalog.set_config('statement_timeout', %s, false)"
_GUARDS = """select set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true),
set_config('idle_in_transaction_session_timeout', %s, true), set_config('intervalstyle', 'iso_8601', true),
set_config('datestyle', 'ISO', true), set_config('extra_float_digits', '3', true),
set_config('standard_conforming_strings', 'on', true),
set_config('search_path', coalesce(quote_ident(%s::text) || ', public', current_setting('search_path')), true),
(select rolsuper from pg_catalog.pg_roles where rolname = session_user),
exists(select from pg_catalog.pg_roles
 where rolname = 'pg_read_all_settings' and pg_catalog.pg_has_role(session_user, oid, 'member')),
(select set_config('role', rolname, true) from pg_catalog.pg_roles
 where rolname = 'pg_read_all_data' and pg_catalog.pg_has_role(oid, 'member'))"""
"""The last one: where the credential may take it, this role stops programs, files and reloads, even for a superuser."""


class Might(NamedTuple):
    """What a session's credential may do that needs a stricter rule: everything, or to read all settings."""

    superuser: bool
    settings: bool


async def connect(config: Any, host: Host) -> "AsyncConnection[Any]":
    """A session with the first allowed address that answers; `host.open` is the one tried last. Raises SourceError."""
    where = {"host": config.host, "port": config.port, "user": config.user, "database": config.database}
    last: SourceError | None = None
    with promised(host.connect_s):
        for address, seconds in shares(host.allowed):
            host.open = address
            try:
                async with within(seconds):
                    return await _dial(config, address, where)
            except TimeoutError:
                continue
            except SourceError as err:
                # A refused login is sent to no other address: each would count it.
                if not err.retried:
                    raise
                last = err
    # Raised out here: as the context of this error the driver's frames would hold the half-open socket.
    raise last or host.late()


async def _dial(config: Any, address: str, where: dict[str, Any]) -> "AsyncConnection[Any]":
    """libpq's own `prefer` and `allow` would repeat a refused login; these dial again for one reason alone."""
    first, second, reason = FALLBACK.get(config.sslmode, (config.sslmode, "", ""))
    try:
        return await _log_in(config, address, first, where)
    except (AuthError, CertificateInvalid) as err:
        if not second or err.reason != reason:
            raise
    return await _log_in(config, address, second, where)


async def _log_in(config: Any, address: str, sslmode: str, where: dict[str, Any]) -> "AsyncConnection[Any]":
    import psycopg

    _forget_environment()
    with _authority(config.ca_pem) as certificate:
        given = _parameters(config, address, sslmode, certificate)
        try:
            connection = await psycopg.AsyncConnection.connect(**given, autocommit=True, prepare_threshold=None)
        except psycopg.Error as err:
            raise failures.while_connecting(err, **where) from None
    await connection.set_read_only(True)
    register_loaders(connection)
    hold_little(connection)
    return connection


def _parameters(config: Any, address: str, sslmode: str, certificate: str | None) -> dict[str, Any]:
    password = config.password.get_secret_value() if config.password else ""
    given = {
        "host": config.host,
        "hostaddr": address,
        "port": config.port,
        "dbname": config.database,
        "user": config.user,
        "password": password,
        "sslmode": sslmode,
        "connect_timeout": max(2, int(remaining()) + 1),
        "application_name": "cheshmeh",
        # Files in the home of whoever runs the dashboard must not decide how a source is reached.
        "passfile": os.path.join(os.devnull, "none"),  # noqa: PTH118 - a path that cannot exist, for libpq
        "gssencmode": "disable",
        "sslcertmode": "disable",
        "client_encoding": "UTF8",
    }
    authority = certificate or (ssl.get_default_verify_paths().cafile if sslmode in VERIFIED else None)
    return given | _NOTICED | {"sslrootcert": authority or given["passfile"]}


@contextmanager
def _authority(ca_pem: str | None) -> Iterator[str | None]:
    # libpq reads certificates from files only.
    if not ca_pem:
        yield None
        return
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(ca_pem)
        file.flush()
        yield file.name


def _forget_environment() -> None:
    # libpq takes PGSERVICE, PGOPTIONS and their like from the process wherever an argument is not given.
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]


async def fetched(connection: "AsyncConnection[Any]", query: str, *arguments: Any) -> list[Any]:
    """What one of our own queries answers. `binary` keeps it off the simple protocol, as everywhere."""
    return await (await connection.execute(query, arguments or None, binary=True)).fetchall()


async def guard(connection: "AsyncConnection[Any]", schema: str | None) -> Might:
    """Limits, and the least role, for the transaction that has begun; and what the credential may do without it."""
    told = await connection.execute(_GUARDS, (*_limits_ms(), schema))
    row = await told.fetchone()
    return Might(bool(row and row[-3]), bool(row and row[-2]))


async def limit(connection: "AsyncConnection[Any]", seconds: float) -> None:
    """How long the server may take for each statement from here on; what a transaction changed ends with it."""
    await connection.execute(_LIMIT, (str(int(seconds * 1000)),), binary=True)


def _limits_ms() -> tuple[str, str, str]:
    statement = int(server_limit_s() * 1000)
    return str(statement), str(min(LOCK_WAIT_MS, statement)), str(int(remaining() * 1000) + 1000)


def is_quiet(connection: "AsyncConnection[Any]") -> bool:
    """Whether the server said nothing since it was asked last: a server that ends a session says so, or hangs up."""
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return not waiting.poll(0)


async def reset(connection: "AsyncConnection[Any]") -> bool:
    """Whether the session can be used again, after everything that a sample may have left in it is gone."""
    import psycopg

    if connection.closed or connection.broken:
        return False
    late = asyncio.get_running_loop().call_later(min(RESET_S, remaining()), _hang_up, connection)
    try:
        await connection.execute("DISCARD ALL")
    except psycopg.Error:
        return False
    finally:
        late.cancel()
    return True


def _hang_up(connection: "AsyncConnection[Any]") -> None:
    """The driver finds the peer gone. Cancelled, it would dial the peer to cancel there, and wait 10 s for that."""
    import psycopg

    with suppress(OSError, psycopg.Error), socket_of(connection) as line:
        line.shutdown(socket.SHUT_RDWR)


async def end(connection: "AsyncConnection[Any]") -> None:
    """Idempotent; never waits for the peer."""
    await connection.close()
