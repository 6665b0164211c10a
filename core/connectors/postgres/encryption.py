"""The `tls` rung of PostgreSQL, by a request of our own: libpq tells an expired certificate from no other.

https://www.postgresql.org/docs/current/protocol-flow.html, "SSL Session Encryption"
"""

import asyncio
import ssl
import struct
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from core.connectors import certificate
from core.connectors.network import Host, fields_of
from core.connectors.postgres.session import VERIFIED
from core.diagnosis.ladder import Found, skipped
from core.errors import BadAnswer, CertificateInvalid, SourceError
from core.models import Message

_REQUEST = struct.pack("!ii", 8, 80877103)
_YES, _NO = b"S", b"N"
OPTIONAL = frozenset({"disable", "allow", "prefer"})


class _NoEncryption(Exception):
    """The server answered that it has none."""


async def tls_rung(host: Host, config: Any) -> Found:
    """Raises CertificateInvalid, BadAnswer, Unreachable or SourceTimeout."""
    if config.sslmode == "disable":
        return _in_clear(host, config, "check.tls_switched_off")
    try:
        found = await _greeted(host, config)
    except _NoEncryption:
        if config.sslmode in OPTIONAL:
            return _in_clear(host, config, "check.tls_not_offered")
        where = {"host": config.host, "port": config.port}
        raise CertificateInvalid("unsupported", fields=fields_of("sslmode"), **where) from None
    if config.sslmode in VERIFIED:
        return found
    return replace(found, warning=Message("check.unverified"), fields=("config.sslmode",))


async def looked_at_again(err: CertificateInvalid, host: Host, config: Any) -> CertificateInvalid:
    """Why a certificate is not believed: libpq says no more than that. Nothing but a greeting is sent."""
    if err.reason != "authority":
        return err
    try:
        await _greeted(host, config)
    except CertificateInvalid as seen:
        return seen
    except (_NoEncryption, SourceError):
        return err  # Nothing better is known.
    return err


async def _greeted(host: Host, config: Any) -> Found:
    try:
        return await certificate.tls_rung(host, _Dial(host), _context(config), "host")
    except CertificateInvalid as err:
        if err.arguments.get("names") != host.name or err.reason != "name_shown":
            raise
    # libpq takes a common name for an address too, where there is nothing better.
    return await certificate.tls_rung(host, _Dial(host), _context(config, named=False), "host")


class _Dial:
    """Opens a connection and asks for encryption before anything else is said."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def __call__(self, context: ssl.SSLContext) -> asyncio.StreamWriter:
        reader, writer = await asyncio.open_connection(self._host.open, self._host.port)
        try:
            writer.write(_REQUEST)
            await self._judge(await reader.readexactly(1))
            await writer.start_tls(context, server_hostname=self._host.name.rstrip("."))
        except BaseException:
            writer.transport.abort()
            raise
        return writer

    async def _judge(self, answer: bytes) -> None:
        if answer == _NO:
            raise _NoEncryption
        if answer != _YES:
            raise BadAnswer("protocol", fields=fields_of("port"), host=self._host.name, port=self._host.port)


def _context(config: Any, *, named: bool = True) -> ssl.SSLContext:
    """As libpq would judge: with `require` a given authority is asked for, but not the name."""
    believes = config.sslmode not in VERIFIED and not (config.sslmode == "require" and config.ca_pem)
    context = certificate.trusting() if believes else ssl.create_default_context(cadata=config.ca_pem)
    context.check_hostname = named and config.sslmode == "verify-full"
    # OpenSSL's own choice, as libpq has it: Python's is narrower, and would refuse servers that are in use.
    context.set_ciphers("DEFAULT")
    return context


def _in_clear(host: Host, config: Any, reason: str) -> Found:
    if config.password is None or ip_address(host.open).is_loopback:
        return skipped(reason)
    return Found(Message(reason), Message("check.password_in_clear_pg"), ("config.sslmode",))
