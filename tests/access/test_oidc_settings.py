"""What the environment says about a provider: all of it, or one sentence."""

from typing import Any

import pytest

from core.access.oidc_settings import GroupRole, OidcSettings, oidc_settings
from core.errors import StartupError
from core.i18n import translator
from core.models import Role
from core.settings import Settings

WHOLE = {"oidc_issuer": "https://id.test/realm", "oidc_client_id": "dash", "oidc_client_secret": "Zq7-never-shown"}


def read(**changes: Any) -> OidcSettings | None:
    return oidc_settings(Settings(_env_file=None, **(WHOLE | changes)))


def refusal(**changes: Any) -> StartupError:
    with pytest.raises(StartupError) as refused:
        read(**changes)
    for language in ("fa", "en"):
        sentence = translator(language).message(refused.value.message)
        assert "Zq7" not in sentence
        assert "{" not in sentence
    return refused.value


def test_without_a_provider_there_is_none() -> None:
    assert oidc_settings(Settings(_env_file=None)) is None


def test_a_whole_configuration_is_read() -> None:
    found = read(
        oidc_allowed_domains=" acme.test, @Sub.Acme.test,چشمه.ایران ",
        oidc_roles="data=acme:editor, /k=v/ops=acme:admin ,CN=x=main:viewer",
        public_url="https://dash.test/",
    )
    assert found is not None
    assert (found.host, found.redirect_uri) == ("id.test", "https://dash.test/session/oidc/callback")
    assert found.afterwards == "https://dash.test/session/login"
    assert found.domains == {"acme.test", "sub.acme.test", "xn--zgb8ag3w.xn--mgba3a4f16a"}
    assert found.roles == (
        GroupRole("data", "acme", Role.EDITOR),
        GroupRole("/k=v/ops", "acme", Role.ADMIN),
        GroupRole("CN=x", "main", Role.VIEWER),
    )
    assert "Zq7" not in repr(found)


@pytest.mark.parametrize("missing", WHOLE)
def test_half_a_configuration_names_what_is_missing(missing: str) -> None:
    err = refusal(**{missing: None})
    assert (str(err), err.arguments) == ("startup.oidc_half", {"name": f"CHESHMEH_{missing.upper()}"})


@pytest.mark.parametrize("rule", ["oidc_roles", "oidc_allowed_domains"])
def test_a_rule_that_nothing_would_obey_is_half_a_configuration(rule: str) -> None:
    with pytest.raises(StartupError, match="oidc_half"):
        oidc_settings(Settings(_env_file=None, **{rule: "data=acme:editor"}))


@pytest.mark.parametrize(
    "issuer",
    [
        "http://id.test",
        "http://127.0.0.1.id.test",
        "http://10.0.0.1:8080",
        "ftp://127.0.0.1",
        "id.test",
        "https://",
        "https://user:pass@id.test",
        "https://id.test/?a=b",
        "https://id.test/#a",
        "https://id.test:port",
        "https://id.test/\nx",
        'https://id.test/"',
        "https://شناسه.test",
        "https://" + "i" * 250,
    ],
)
def test_an_issuer_that_others_could_speak_for_is_refused(issuer: str) -> None:
    assert str(refusal(oidc_issuer=issuer)) == "startup.oidc_issuer"


@pytest.mark.parametrize(
    "issuer", ["http://127.0.0.1:8080", "http://localhost/realm", "http://[::1]:1", "https://i.test/"]
)
def test_this_machine_needs_no_tls(issuer: str) -> None:
    found = read(oidc_issuer=issuer)
    assert found is not None
    assert found.issuer == issuer


@pytest.mark.parametrize(
    "role", ["data", "data=acme", "data=acme:owner", "=acme:viewer", "data=:viewer", "data:viewer"]
)
def test_a_role_that_cannot_be_read_is_repeated(role: str) -> None:
    err = refusal(oidc_roles=f"ops=acme:admin, {role}")
    assert (str(err), err.arguments) == ("startup.oidc_role", {"text": role})


@pytest.mark.parametrize("domain", ["acme", "a b.test", "mina@acme.test", "10.0.0.1:80"])
def test_a_domain_that_is_none_is_repeated(domain: str) -> None:
    assert refusal(oidc_allowed_domains=domain).arguments == {"domain": domain}
