"""A kept secret and every other field of every kind: which change of it leads elsewhere, and which does not."""

from typing import Any

import pytest

from core.connectors.base import Environment
from core.connectors.catalog import KindCatalog, kind_infos
from core.connectors.registry import registry
from core.errors import InvalidInput
from core.safety.egress import EgressPolicy
from tests.servers.authority import TlsAuthority

Config = dict[str, Any]
KINDS = KindCatalog(registry.discover(), Environment(EgressPolicy()))
PEM = TlsAuthority().pem
BASIC = {"type": "basic", "username": "u", "password": "kept-p1"}
HEADER = {"type": "header", "name": "X-Key", "value": "kept-v1"}

KEPT: dict[str, Config] = {
    "postgres": {"host": "a.ir", "database": "d", "user": "u", "password": "kept-p1", "sslmode": "verify-full"},
    "rest": {"base_url": "https://a.ir/v1", "auth": BASIC, "headers": {"X-Api-Key": "kept-k1"}},
    "graphql": {"endpoint": "https://a.ir/graphql", "auth": BASIC, "headers": {"X-Api-Key": "kept-k1"}},
    "mongodb": {"hosts": ["a.ir:27017"], "database": "d", "user": "u", "password": "kept-p1", "tls": True},
    "s3": {"endpoint_url": "https://a.ir", "bucket": "one", "access_key_id": "k", "secret_access_key": "kept-s1"},
}
"""What is stored: TLS at its strictest, so that every change of it is one for the worse."""

ELSEWHERE: dict[str, list[Config]] = {
    "postgres": [
        *({"host": host} for host in ("b.ir", "a.ir.", "127.0.0.1")),
        *({"port": port} for port in (5433, 1)),
        *({"sslmode": mode} for mode in ("disable", "allow", "prefer", "require", "verify-ca", None)),
    ],
    "rest": [
        *({"base_url": f"https://{place}"} for place in ("b.ir/v1", "a.ir:444/v1", "a.ir/v2", "a.ir", "sub.a.ir/v1")),
        {"base_url": "http://a.ir/v1"},
        {"base_url": "http://a.ir:443/v1"},
        {"tls_verify": False},
    ],
    "graphql": [
        *(
            {"endpoint": f"https://{place}"}
            for place in ("b.ir/graphql", "a.ir:444/graphql", "a.ir/x", "a.ir/graphql?a=1")
        ),
        {"endpoint": "http://a.ir/graphql"},
        {"tls_verify": False},
    ],
    "mongodb": [
        *({"hosts": hosts} for hosts in (["b.ir:27017"], ["a.ir:27018"], ["a.ir:27017", "b.ir:27017"])),
        {"hosts": None, "uri": "mongodb://b.ir/"},
        {"hosts": None, "uri": "mongodb+srv://a.ir/"},
        {"hosts": None, "uri": "mongodb://a.ir:27018/?tls=true"},
        *({"tls": tls} for tls in (False, None)),
        {"tls_verify": False},
    ],
    "s3": [
        *({"endpoint_url": url} for url in ("https://b.ir", "https://a.ir:444", "http://a.ir", None)),
        {"bucket": "two"},
        {"path_style": False},
        {"tls_verify": False},
    ],
}

AT_HOME: dict[str, list[Config]] = {
    "postgres": [{"database": "e"}, {"user": "v"}, {"ca_pem": PEM}, {"schema": "s"}, {"timeout_s": 9}, {"port": 5432}],
    "rest": [
        {"auth": {"username": "v"}},
        {"headers": {"Accept": "a"}},
        {"health_path": "/up"},
        {"health_expect": ["204"]},
        {"records_path": "$.x"},
        {"ca_pem": PEM},
        {"timeout_s": 9},
        {"base_url": "https://A.ir:443/v1"},
    ],
    "graphql": [
        {"auth": {"username": "v"}},
        {"headers": {"Accept": "a"}},
        {"introspection": False},
        {"ca_pem": PEM},
        {"timeout_s": 9},
    ],
    "mongodb": [
        *({"database": "e"}, {"user": "v"}, {"auth_source": "e"}, {"replica_set": "rs0"}, {"direct": True}),
        *({"ca_pem": PEM}, {"timeout_s": 9}, {"hosts": ["a.ir"]}),
    ],
    "s3": [
        {"region": "eu-west-1"},
        {"prefix": "x/"},
        {"access_key_id": "l"},
        {"ca_pem": PEM},
        {"timeout_s": 9},
        {"path_style": True},
    ],
}


def cases(table: dict[str, list[Config]]) -> list[Any]:
    pairs = [(kind, change) for kind, changes in table.items() for change in changes]
    return [pytest.param(kind, change, id=f"{kind} {str(change).partition('-----')[0]}") for kind, change in pairs]


@pytest.mark.parametrize(("kind", "change"), cases(ELSEWHERE))
def test_no_kept_secret_goes_elsewhere(kind: str, change: Config) -> None:
    with pytest.raises(InvalidInput) as caught:
        KINDS.merge(kind, stored(kind), change)
    assert {error.message.key for error in caught.value.fields} == {"field.secret_kept_elsewhere"}
    assert [error.field for error in caught.value.fields] == sorted(secrets_of(kind), key=order_in(kind))


@pytest.mark.parametrize(("kind", "change"), cases(ELSEWHERE))
def test_who_gives_the_secrets_anew_may_go_anywhere(kind: str, change: Config) -> None:
    anew = {
        name: KEPT[kind][name] for name in ("password", "auth", "headers", "secret_access_key") if name in KEPT[kind]
    }
    assert KINDS.merge(kind, stored(kind), anew | change)


@pytest.mark.parametrize(("kind", "change"), cases(AT_HOME))
def test_a_change_at_the_same_place_keeps_the_secrets(kind: str, change: Config) -> None:
    merged = str(KINDS.merge(kind, stored(kind), change))
    assert merged.count("kept-") == str(KEPT[kind]).count("kept-")


@pytest.mark.parametrize("kind", KEPT)
def test_every_field_of_the_form_is_in_one_table_or_the_other(kind: str) -> None:
    [form] = [info for info in kind_infos(registry.discover()) if info.name == kind]
    asked = {spec.name.partition(".")[0] for spec in form.fields if spec.type != "secret"}
    told = {name for table in (ELSEWHERE, AT_HOME) for change in table[kind] for name in change}
    assert asked - told == set()


@pytest.mark.parametrize("kind", ["rest", "graphql"])
def test_a_header_that_takes_another_name_takes_its_secret_along_at_home_alone(kind: str) -> None:
    kept = stored(kind) | {"auth": HEADER}
    assert KINDS.merge(kind, kept, {"auth": {"name": "X-Other"}})["auth"]["value"] == "kept-v1"
    with pytest.raises(InvalidInput):
        KINDS.merge(kind, kept, {"auth": {"name": "X-Other"}, "tls_verify": False})


def stored(kind: str) -> Config:
    return KINDS.plain(KINDS.validate(kind, KEPT[kind]))


def secrets_of(kind: str) -> list[str]:
    here = {"password": "password", "secret_access_key": "secret_access_key"}
    found = [here[name] for name in KEPT[kind] if name in here]
    return [f"config.{name}" for name in found or ("auth.password", "headers.X-Api-Key")]


def order_in(kind: str) -> Any:
    return secrets_of(kind).index
