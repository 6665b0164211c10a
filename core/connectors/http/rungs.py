"""The lower rungs of the ladder of whatever is reached by a URL: name, address, port and certificate."""

import asyncio
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.connectors.base import Limits
from core.connectors.http import failures
from core.connectors.http.tls import TlsConfig, tls_context
from core.connectors.network import Host
from core.diagnosis.ladder import Found, Rung
from core.models import Message
from core.resilience.deadline import within
from core.safety.egress import EgressPolicy

if TYPE_CHECKING:
    from yarl import URL

CHECK_UNVERIFIED = Message("check.tls_unverified")


def network_rungs(url: "URL", tls: TlsConfig, egress: EgressPolicy, limits: Limits, field: str) -> tuple[Rung, ...]:
    """`dns`, `egress`, `tcp`, and for https `tls`. `field` is where the form holds the address."""
    host = Host(url.raw_host or "", url.port or 0, egress, limits.connect, (field,))
    if url.scheme != "https":
        return host.rungs()

    async def greets() -> Found:
        return await tls_rung(host, tls, field)

    return (*host.rungs(), ("tls", greets))


async def tls_rung(host: Host, tls: TlsConfig, field: str) -> Found:
    """Greets at the address that `host` found open. Raises CertificateInvalid, Unreachable or SourceTimeout."""
    context = tls_context(tls.tls_verify, tls.ca_pem)
    try:
        async with within(host.connect_s):
            evidence = await _greeting(host, context)
    except TimeoutError:
        raise host.late() from None
    except OSError as err:
        failed = failures.of_greeting(err, field, host=host.name, port=host.port)
        raise failed from None
    return evidence if tls.tls_verify else Found(evidence.evidence, CHECK_UNVERIFIED, ("config.tls_verify",))


async def _greeting(host: Host, context: ssl.SSLContext) -> Found:
    name = host.name.rstrip(".")
    _, writer = await asyncio.open_connection(host.open, host.port, ssl=context, server_hostname=name)
    try:
        version = writer.get_extra_info("ssl_object").version()
        certificate = writer.get_extra_info("peercert")
    finally:
        writer.transport.abort()
    return Found(_evidence(certificate, version))


def _evidence(certificate: dict[str, Any], version: str) -> Message:
    if not certificate:  # an unverified one is not decoded by the standard library
        return Message("check.encrypted", {"version": version})
    expiry = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    subject = ", ".join(value for part in certificate.get("subject", ()) for _, value in part)
    return Message("check.certificate", {"subject": subject, "expires": expiry.date().isoformat(), "version": version})
