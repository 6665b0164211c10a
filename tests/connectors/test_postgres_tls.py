"""TLS against a real server, and what of this machine may have a say in how a source is reached: nothing."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.connectors import forms
from core.connectors.kinds.postgres import PostgresConfig
from core.errors import InvalidInput
from core.models import Check, CheckStatus, FieldError, Message, Outcome
from core.safety import egress
from tests.connectors.conformance import Config, error_of
from tests.connectors.conftest import Open
from tests.servers.postgres import PostgresServer
from tests.servers.processes import HOST

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Certificate:
    pem: str
    key: str


def certificate(name: str, until: datetime = NOW + timedelta(days=60), *, alternative: bool = True) -> Certificate:
    """Signed by itself, for the address or host `name`; without the `alternative` name, as old ones are."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    address = x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
    made = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=2))
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    if alternative:
        made = made.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    signed = made.sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Certificate(signed.public_bytes(serialization.Encoding.PEM).decode(), private.decode())


def present(server: PostgresServer, shown: Certificate) -> None:
    """Restarts the server with TLS and this certificate."""
    folder = Path(str(server.execute("show data_directory")[0][0]))
    for name, text in (("server.crt", shown.pem), ("server.key", shown.key)):
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        shutil.chown(path, folder.owner())
    server.execute("alter system set ssl = on")
    server.stop()
    server.start()


@pytest.fixture(scope="module")
def good() -> Certificate:
    return certificate("127.0.0.1")


@pytest.fixture
def tls(postgres: PostgresServer, good: Certificate) -> Iterator[PostgresServer]:
    postgres.log_text()  # skips with a server that is not ours to restart
    present(postgres, good)
    yield postgres
    postgres.execute("alter system reset ssl")
    postgres.stop()
    postgres.start()


async def encrypted(open_pg: Open, **changes: object) -> bool:
    sample = await open_pg(**changes).sample({"sql": "select ssl from pg_stat_ssl where pid = pg_backend_pid()"})
    return bool(sample.rows[0][0])


@pytest.mark.parametrize(
    ("sslmode", "used"), [("disable", False), ("allow", False), ("prefer", True), ("require", True)]
)
async def test_a_mode_without_a_check_takes_any_certificate(
    tls: PostgresServer, open_pg: Open, sslmode: str, used: bool
):
    assert await encrypted(open_pg, sslmode=sslmode) is used


@pytest.mark.parametrize("sslmode", ["disable", "allow", "prefer", "require"])
async def test_a_wrong_password_is_sent_once_with_tls_too(tls: PostgresServer, open_pg: Open, sslmode: str):
    before = tls.log_text().count("password authentication failed")
    error = await error_of(open_pg(password="wrong", sslmode=sslmode).ping())
    assert (str(error), error.outcome) == ("auth_failed.password", Outcome.REACHED)
    assert tls.log_text().count("password authentication failed") == before + 1


@pytest.mark.parametrize("sslmode", ["verify-ca", "verify-full"])
async def test_a_pasted_authority_is_believed(tls: PostgresServer, open_pg: Open, sslmode: str, good: Certificate):
    assert await encrypted(open_pg, sslmode=sslmode, ca_pem=good.pem)


@pytest.mark.parametrize(
    ("changes", "said", "fields"),
    [
        ({"sslmode": "verify-full"}, "tls_invalid.authority_shown", ["config.ca_pem"]),
        ({"sslmode": "verify-ca", "ca_pem": "another's"}, "tls_invalid.authority_shown", ["config.ca_pem"]),
    ],
)
async def test_a_certificate_of_nobody_known_is_refused(
    tls: PostgresServer, open_pg: Open, changes: Config, said: str, fields: list[str]
):
    if changes.get("ca_pem") == "another's":
        changes = changes | {"ca_pem": certificate("127.0.0.1").pem}
    error = await error_of(open_pg(**changes).ping())
    assert (str(error), [field.field for field in error.fields]) == (said, fields)


async def test_the_address_whose_certificate_was_refused_is_looked_at_again(
    tls: PostgresServer, open_pg: Open, monkeypatch: pytest.MonkeyPatch
):
    async def several(_name: str) -> tuple[str, ...]:
        return tls.host, "127.0.0.2"

    monkeypatch.setattr(egress, "addresses_of", several)
    error = await error_of(open_pg(host="db.example.ir", sslmode="verify-full").ping())
    assert str(error) == "tls_invalid.authority_shown"


async def test_a_certificate_for_another_name_is_refused(tls: PostgresServer, open_pg: Open):
    other = certificate("db.example.ir")
    present(tls, other)
    assert await encrypted(open_pg, sslmode="verify-ca", ca_pem=other.pem)
    error = await error_of(open_pg(sslmode="verify-full", ca_pem=other.pem).ping())
    assert (str(error), [field.field for field in error.fields]) == (
        "tls_invalid.name",
        ["config.host", "config.sslmode"],
    )


async def test_a_certificate_past_its_day_is_refused(tls: PostgresServer, open_pg: Open):
    past = certificate("127.0.0.1", until=NOW - timedelta(days=1))
    present(tls, past)
    error = await error_of(open_pg(sslmode="verify-full", ca_pem=past.pem).ping())
    assert str(error) == "tls_invalid.expired_shown"  # libpq itself tells no more than that it could not be verified


async def tls_check(open_pg: Open, **changes: object) -> Check:
    return {check.step: check async for check in open_pg(**changes).diagnose()}["tls"]


async def test_the_ladder_warns_unless_the_server_is_verified(tls: PostgresServer, open_pg: Open, good: Certificate):
    for sslmode in ("allow", "prefer", "require"):
        warned = await tls_check(open_pg, sslmode=sslmode)
        assert (warned.status, warned.advice) == (CheckStatus.WARNING, Message("check.unverified"))
        assert warned.fields == ("config.sslmode",)
        assert warned.facts["names"] == HOST
    held = await tls_check(open_pg, sslmode="verify-full", ca_pem=good.pem)
    assert held.status is CheckStatus.OK
    assert len(held.facts["certificate"]) == 64


async def test_the_ladder_says_that_encryption_is_off(tls: PostgresServer, open_pg: Open):
    off = await tls_check(open_pg, sslmode="disable")
    assert (off.status, off.evidence) == (CheckStatus.SKIPPED, Message("check.tls_switched_off"))


async def test_a_certificate_that_will_soon_expire_is_warned_of(tls: PostgresServer, open_pg: Open):
    soon = certificate(HOST, until=NOW + timedelta(days=20))
    present(tls, soon)
    warned = await tls_check(open_pg, sslmode="verify-full", ca_pem=soon.pem)
    assert (warned.status, warned.advice and warned.advice.key) == (CheckStatus.WARNING, "check.expires_soon")


@pytest.mark.parametrize(
    ("name", "until", "trusted", "said", "fields"),
    [
        ("db.example.ir", 60, True, "error.tls_invalid.name_shown", ("config.host",)),
        (HOST, -1, True, "error.tls_invalid.expired_shown", ("config.host",)),
        (HOST, 60, False, "error.tls_invalid.authority_shown", ("config.ca_pem",)),
    ],
)
async def test_the_ladder_tells_apart_what_is_wrong_with_a_certificate(
    tls: PostgresServer, open_pg: Open, name: str, until: int, trusted: bool, said: str, fields: tuple[str, ...]
):
    shown = certificate(name, until=NOW + timedelta(days=until))
    present(tls, shown)
    ca_pem = shown.pem if trusted else certificate(HOST).pem
    failed = await tls_check(open_pg, sslmode="verify-full", ca_pem=ca_pem)
    assert failed.evidence
    assert (failed.status, failed.evidence.key, failed.fields) == (CheckStatus.FAILED, said, fields)
    assert (failed.facts["names"], len(failed.facts["certificate"])) == (name, 64)


async def test_the_ladder_judges_a_name_as_the_driver_does(tls: PostgresServer, open_pg: Open):
    old = certificate(HOST, alternative=False)
    present(tls, old)
    assert await encrypted(open_pg, sslmode="verify-full", ca_pem=old.pem)
    assert (await tls_check(open_pg, sslmode="verify-full", ca_pem=old.pem)).status is CheckStatus.OK


@pytest.mark.parametrize("sslmode", ["prefer", "verify-ca"])
def test_an_authority_that_cannot_be_read_is_refused(sslmode: str):
    given = {"host": HOST, "database": "app", "user": "reader", "sslmode": sslmode, "ca_pem": "no certificate"}
    with pytest.raises(InvalidInput) as refused:
        forms.validate_config(PostgresConfig, given)
    assert refused.value.fields == (FieldError("config.ca_pem", Message("field.certificate")),)


@pytest.mark.parametrize("name", ["root.crt", "root.crl", "postgresql.crt", "postgresql.key"])
async def test_certificates_in_a_home_have_no_say(
    tls: PostgresServer, open_pg: Open, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / ".postgresql").mkdir()
    (tmp_path / ".postgresql" / name).write_text("no certificate")
    monkeypatch.setenv("HOME", str(tmp_path))
    for sslmode in ("prefer", "require"):
        assert await encrypted(open_pg, sslmode=sslmode)


async def test_a_password_file_in_a_home_has_no_say(
    postgres: PostgresServer, open_pg: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = tmp_path / ".pgpass"
    file.touch(mode=0o600)
    file.write_text(f"*:*:*:*:{postgres.password}")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PGPASSFILE", str(file))
    monkeypatch.setenv("PGPASSWORD", postgres.password)
    assert str(await error_of(open_pg(password=None).ping())) == "auth_failed.no_password"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PGHOST", "192.0.2.1"),
        ("PGHOSTADDR", "192.0.2.1"),
        ("PGPORT", "1"),
        ("PGDATABASE", "no_such"),
        ("PGUSER", "nobody_here"),
        ("PGSERVICE", "no_such"),
        ("PGSERVICEFILE", "/nonexistent"),
        ("PGOPTIONS", "-c search_path=evil -c no_such=1"),
        ("PGSSLMODE", "verify-full"),
        ("PGSSLNEGOTIATION", "direct"),
        ("PGREQUIREAUTH", "none"),
        ("PGCHANNELBINDING", "require"),
        ("PGTARGETSESSIONATTRS", "standby"),
        ("PGCLIENTENCODING", "LATIN1"),
        ("PGAPPNAME", "evil"),
        ("PGTZ", "Asia/Tokyo"),
        ("PGDATESTYLE", "German"),
        ("PGKRBSRVNAME", "evil"),
        ("PGLOADBALANCEHOSTS", "random"),
    ],
)
async def test_the_environment_has_no_say(open_pg: Open, name: str, value: str, monkeypatch: pytest.MonkeyPatch):
    settings = "select array[current_setting('application_name'), current_setting('TimeZone'), 'م']"
    usual = (await open_pg().sample({"sql": settings})).rows
    monkeypatch.setenv(name, value)
    assert (await open_pg().sample({"sql": settings})).rows == usual
