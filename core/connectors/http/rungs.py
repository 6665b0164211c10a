"""The lower rungs of the ladder of whatever is reached by a URL: name, address, port and certificate."""

import asyncio
import ssl
from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING

from core.connectors import certificate
from core.connectors.base import Limits
from core.connectors.http.tls import TlsConfig, tls_context
from core.connectors.network import Host
from core.diagnosis.ladder import Found, Rung, skipped
from core.models import Message
from core.safety.egress import EgressPolicy

if TYPE_CHECKING:
    from yarl import URL

CHECK_UNVERIFIED = Message("check.tls_unverified")
SENT_IN_CLEAR = Message("check.sent_in_clear")


def network_rungs(url: "URL", tls: TlsConfig, egress: EgressPolicy, limits: Limits, field: str) -> tuple[Rung, ...]:
    """`dns`, `egress`, `tcp`, `tls`. `field` is where the form holds the address."""
    host = Host(url.raw_host or "", url.port or 0, egress, limits.connect, (field,))

    async def greets() -> Found:
        return await tls_rung(host, tls, field) if url.scheme == "https" else skipped("check.no_tls")

    return (*host.rungs(), ("tls", greets))


async def tls_rung(host: Host, tls: TlsConfig, field: str) -> Found:
    """Greets at the address that `host` found open. Raises CertificateInvalid, Unreachable or SourceTimeout."""

    async def dial(context: ssl.SSLContext) -> asyncio.StreamWriter:
        name = host.name.rstrip(".")
        return (await asyncio.open_connection(host.open, host.port, ssl=context, server_hostname=name))[1]

    found = await certificate.tls_rung(host, dial, tls_context(tls.tls_verify, tls.ca_pem), field)
    return found if tls.tls_verify else replace(found, warning=CHECK_UNVERIFIED, fields=("config.tls_verify",))


def warned_in_clear(found: Found, url: "URL", field: str, warning: Message = SENT_IN_CLEAR) -> Found:
    """What a rung found whose request carried a secret: with a warning where whoever is on the way can read it."""
    if url.scheme != "http" or is_loopback(url):
        return found
    return replace(found, warning=warning, fields=(f"config.{field}",), status=None)


def is_loopback(url: "URL") -> bool:
    host = url.host or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.removesuffix(".").lower() == "localhost"
