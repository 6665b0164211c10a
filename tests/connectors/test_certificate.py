"""What is told of a certificate, whoever made it."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.connectors.certificate import SOON, Shown, shown_of
from core.models import Message

NOW = datetime(2026, 3, 21, tzinfo=UTC)


def der(common: str | None, *names: str, organisation: str = "") -> bytes:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common)] if common else []
    parts += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)] if organisation else []
    key, who = ec.generate_private_key(ec.SECP256R1()), x509.Name(parts)
    made = x509.CertificateBuilder(who, who, key.public_key(), 1, NOW - timedelta(days=1), NOW + timedelta(days=90))
    if names:
        made = made.add_extension(x509.SubjectAlternativeName(list(map(x509.DNSName, names))), critical=False)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize(
    ("common", "names", "organisation", "subject", "shown"),
    [
        ("db.example.ir", ("db.example.ir", "www.example.ir"), "", "db.example.ir", "db.example.ir, www.example.ir"),
        (None, ("db.example.ir",), "", "db.example.ir", "db.example.ir"),
        ("db.example.ir", (), "", "db.example.ir", "db.example.ir"),
        (None, (), "سازمان نمونه", "سازمان نمونه", "سازمان نمونه"),
        (None, (), "", "", ""),
        ("a\u202eb\x07c", (), "", "abc", "abc"),
        ("x" * 64, tuple(f"{n}.example.ir" for n in range(100)), "", "x" * 64, None),
    ],
)
def test_the_best_name_there_is_stands_for_it(
    common: str | None, names: tuple[str, ...], organisation: str, subject: str, shown: str | None
) -> None:
    found = shown_of(der(common, *names, organisation=organisation), "TLSv1.3")
    assert found.subject == subject
    assert len(found.names) <= 200
    if shown is not None:
        assert found.names == shown
    assert found.expires == NOW + timedelta(days=90)


def test_two_certificates_of_one_name_are_told_apart() -> None:
    first, second = (shown_of(der("a"), "TLSv1.3").facts()["certificate"] for _ in range(2))
    assert first != second


def test_one_that_no_parser_takes_is_still_a_fact() -> None:
    found = shown_of(b"\x30\x03\x02\x01\x01", "TLSv1.3")
    rung = found.found(NOW)
    assert (rung.evidence, list(rung.facts)) == (Message("check.encrypted", {"version": "TLSv1.3"}), ["certificate"])


@pytest.mark.parametrize(
    ("left", "days"), [(SOON + timedelta(seconds=1), None), (SOON, 21), (timedelta(hours=5), 0), (-SOON, 0)]
)
def test_the_days_that_are_left_are_counted(left: timedelta, days: int | None) -> None:
    warning = Shown("TLSv1.3", "ab", "s", "n", "i", NOW + left).found(NOW).warning
    assert (warning and warning.args["days"]) == days
