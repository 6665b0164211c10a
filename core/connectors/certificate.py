"""What a server shows while encryption is agreed upon: its certificate, until when, and why it is not believed."""

import asyncio
import hashlib
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.connectors.http import failures
from core.connectors.network import Host
from core.diagnosis.ladder import Found
from core.errors import CertificateInvalid, SourceError
from core.models import Message
from core.redaction import word
from core.resilience.deadline import within
from core.safety.dialling import egress_denied

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, Name

SOON = timedelta(days=21)
"""A certificate that expires within this time is warned of: people need days to have a new one issued."""

TOLD_MAX = 200
"""Characters shown of what stands in a certificate."""

Dial = Callable[[ssl.SSLContext], Awaitable[asyncio.StreamWriter]]
"""Opens a connection to the peer and agrees upon encryption."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate as a peer showed it; `version` is that of TLS. Of one that no parser takes only that is known."""

    version: str
    fingerprint: str
    subject: str = ""
    names: str = ""
    issuer: str = ""
    expires: datetime | None = None

    def facts(self) -> dict[str, Any]:
        told = {name: getattr(self, name) for name in ("subject", "names", "issuer")}
        ends = {"expires": self.expires.isoformat()} if self.expires else {}
        return {"certificate": self.fingerprint} | {name: value for name, value in told.items() if value} | ends

    def found(self, now: datetime) -> Found:
        facts = self.facts()
        if self.expires is None:
            return Found(Message("check.encrypted", {"version": self.version}), facts=facts)
        evidence = Message("check.certificate", facts | {"version": self.version})
        if self.expires - now > SOON:
            return Found(evidence, facts=facts)
        left = max(0, (self.expires - now).days)
        return Found(evidence, Message("check.expires_soon", {"days": left, **facts}), facts=facts)


async def tls_rung(host: Host, dial: Dial, context: ssl.SSLContext, field: str) -> Found:
    """Greets as the source's calls do; `field` is where the form holds the address.

    Raises CertificateInvalid, with what the certificate says where one was shown, Unreachable or SourceTimeout.
    """
    try:
        async with within(host.connect_s):
            shown = await _greeting(dial, context)
    except TimeoutError:
        raise host.late() from None
    except (OSError, EOFError) as err:
        if denied := egress_denied(str(err), host.name, host.port):
            raise host.at_fault(denied) from None
        failed = failures.of_greeting(_as_os_error(err), field, host=host.name, port=host.port)
        raise await _told(failed, host, dial) from None
    return shown.found(datetime.now(UTC))


async def _greeting(dial: Dial, context: ssl.SSLContext) -> Shown:
    writer = await dial(context)
    try:
        agreed = writer.get_extra_info("ssl_object")
        return shown_of(agreed.getpeercert(binary_form=True), str(agreed.version()))
    finally:
        writer.transport.abort()


async def _told(failed: SourceError, host: Host, dial: Dial) -> SourceError:
    """The error with what the certificate says: the standard library keeps one that it did not believe to itself."""
    if not isinstance(failed, CertificateInvalid) or failed.reason not in ("name", "expired", "authority"):
        return failed
    with suppress(OSError, EOFError, SourceError):  # TimeoutError among them
        async with within(host.connect_s):
            shown = await _greeting(dial, trusting())
        told = shown.expires and shown.names and shown.issuer
        reason = f"{failed.reason}_shown" if told else failed.reason
        return CertificateInvalid(reason, fields=failed.fields, **failed.arguments, **shown.facts())
    return failed


def trusting() -> ssl.SSLContext:
    """Believes anything: for a look at a certificate. Nothing is sent over such a connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def shown_of(der: bytes, version: str) -> Shown:
    """A certificate in DER form."""
    from cryptography import x509

    fingerprint = hashlib.sha256(der).hexdigest()
    try:
        read = x509.load_der_x509_certificate(der)
        subject, names = _readable(read.subject), word(", ".join(_names(read)), longest=TOLD_MAX)
        issuer, until = _readable(read.issuer), read.not_valid_after_utc
        return Shown(version, fingerprint, subject or names, names or subject, issuer, until)
    except ValueError:
        return Shown(version, fingerprint)


def _names(read: "Certificate") -> list[str]:
    from cryptography import x509

    try:
        found = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):  # ValueError: extensions that no parser takes
        return []
    return [*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress))]


def _readable(name: "Name") -> str:
    """The common name, else every part."""
    from cryptography.x509.oid import NameOID

    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return word(", ".join(str(part.value) for part in (common or name)), longest=TOLD_MAX)


def _as_os_error(err: OSError | EOFError) -> OSError:
    return err if isinstance(err, OSError) else ConnectionResetError()
