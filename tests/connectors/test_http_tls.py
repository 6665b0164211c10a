"""TLS of the shared HTTP client, against certificates of every kind."""

import ssl

import pytest

from core.errors import CertificateInvalid, Unreachable
from core.i18n import translator
from core.models import CheckStatus, Message
from tests.connectors.conformance import error_of
from tests.connectors.rest_source import opened, peer
from tests.servers.authority import TlsAuthority

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024
BEARER = {"type": "bearer", "token": "s3cret-token"}
BY_QUERY = {"type": "query", "name": "api_key", "value": "s3cret key&=%"}


@pytest.mark.parametrize(
    ("names", "expired", "trusted", "reason"),
    [
        (("127.0.0.1",), False, False, "authority"),
        (("other.example",), False, True, "name"),
        (("127.0.0.1",), True, True, "expired"),
    ],
)
async def test_a_certificate_is_judged(
    tls_authority: TlsAuthority, names: tuple[str, ...], expired: bool, trusted: bool, reason: str
):
    context = tls_authority.issue(*names, expired=expired).server_context()
    config = {"ca_pem": tls_authority.pem} if trusted else {}
    async with peer(tls=context) as there, opened(there.url, **config) as rest:
        error = await error_of(rest.ping())
        assert isinstance(error, CertificateInvalid)
        assert error.reason == reason
        failed = [check async for check in rest.diagnose() if check.status is CheckStatus.FAILED]
        assert [check.step for check in failed] == ["tls"]
        assert there.requests == []


async def test_a_pasted_authority_is_trusted_and_the_certificate_shown(tls_authority: TlsAuthority):
    context = tls_authority.issue().server_context()
    async with peer(tls=context) as there, opened(there.url, ca_pem=tls_authority.pem) as rest:
        assert await rest.ping() == (True, "HTTP 200")
        tls = {check.step: check async for check in rest.diagnose()}["tls"]
        assert tls.status is CheckStatus.OK
        assert tls.evidence
        assert tls.evidence.key == "check.certificate"


async def test_without_verification_the_ladder_says_so(tls_authority: TlsAuthority):
    context = tls_authority.issue("other.example", expired=True).server_context()
    async with peer(tls=context) as there, opened(there.url, tls_verify=False) as rest:
        assert (await rest.ping())[0]
        tls = {check.step: check async for check in rest.diagnose()}["tls"]
        assert (tls.status, tls.advice and tls.advice.key) == (CheckStatus.WARNING, "check.tls_unverified")
        assert tls.fields == ("config.tls_verify",)


@pytest.mark.parametrize(("lang", "word"), [("en", "Unverified: "), ("fa", "تأییدنشده: ")])
@pytest.mark.parametrize("key", ["check.unverified", "check.tls_unverified"])
def test_what_is_not_verified_is_called_so_in_the_first_word(lang: str, word: str, key: str):
    assert translator(lang, strict=True).message(Message(key)).startswith(word)


async def test_tls_towards_a_plain_port_is_named(http_port: int):
    async with opened(f"https://127.0.0.1:{http_port}") as rest:
        assert str(await error_of(rest.ping())) == "tls_invalid.unsupported"


async def test_a_refused_handshake_is_no_reset(tls_authority: TlsAuthority):
    context = tls_authority.issue().server_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=tls_authority.pem)
    async with peer(tls=context) as there, opened(there.url, ca_pem=tls_authority.pem) as rest:
        assert isinstance(await error_of(rest.ping()), CertificateInvalid | Unreachable)
