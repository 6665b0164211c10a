"""Configurations of every kind with a canary in every field that is a secret."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from core.connectors import forms
from core.connectors.registry import registry

Config = dict[str, Any]
Secret = Callable[[str], str]
"""Makes the canary of a field."""

KINDS = ("postgres", "rest", "graphql", "mongodb", "s3")
PARAMS: dict[str, Config] = {
    "postgres": {"sql": "select 1"},
    "rest": {"path": "/things"},
    "graphql": {"query": "{ __typename }"},
    "mongodb": {"collection": "things"},
    "s3": {"prefix": ""},
    "leaky": {},
}
TIMEOUT_S = 0.5


@dataclass(frozen=True)
class Filled:
    """One configuration; `names` are the secret fields that it fills, as `forms.secret_names` has them."""

    kind: str
    config: Config
    names: frozenset[str]


def filled(kind: str, host: str, port: int, secret: Secret, *, tls: bool = False) -> Iterator[Filled]:
    """As many as it takes to fill every secret field of a kind."""
    if kind == "postgres":
        place = {"host": host, "port": port, "database": "d", "user": "u", "sslmode": "require" if tls else "disable"}
        yield _made(kind, place | {"password": secret("postgres.password")}, "password")
    elif kind == "mongodb":
        place = {"database": "d", "tls": tls}
        own = {"hosts": [f"{host}:{port}"], "user": "u", "password": secret("mongodb.password")}
        yield _made(kind, place | own, "password")
        uri = f"mongodb://u:{quote(secret('mongodb.uri'), safe='')}@{host}:{port}/"
        yield _made(kind, place | {"uri": uri}, "uri")
    elif kind == "s3":
        place = {"endpoint_url": _url(host, port, tls), "bucket": "bucket", "path_style": True, "access_key_id": "AKID"}
        keys = {name: secret(f"s3.{name}") for name in ("secret_access_key", "session_token")}
        yield _made(kind, place | keys, *keys)
    else:
        yield from _over_http(kind, _url(host, port, tls), secret)


def _over_http(kind: str, url: str, secret: Secret) -> Iterator[Filled]:
    place = {"base_url": url} if kind == "rest" else {"endpoint": f"{url}/graphql"}
    forms_of_auth = {
        "password": {"type": "basic", "username": "u"},
        "token": {"type": "bearer"},
        "value": {"type": "header", "name": "X-Secret"},
    }
    for field, form in forms_of_auth.items():
        auth = form | {field: secret(f"{kind}.auth.{field}")}
        headers = {name: secret(f"{kind}.headers.{name}") for name in ("X-Api-Key", "Cookie")}
        yield _made(kind, place | {"auth": auth, "headers": headers}, f"auth.{field}", "headers.*")
    query = {"type": "query", "name": "api_key", "value": secret(f"{kind}.auth.value (query)")}
    yield _made(kind, place | {"auth": query}, "auth.value")


def _made(kind: str, config: Config, *names: str) -> Filled:
    return Filled(kind, config | {"timeout_s": TIMEOUT_S}, frozenset(names))


def _url(host: str, port: int, tls: bool) -> str:
    return f"{'https' if tls else 'http'}://{host}:{port}"


def secret_fields(kind: str) -> frozenset[str]:
    """What the model of the kind itself says of its secrets."""
    return frozenset(forms.secret_names(registry.discover().kinds[kind].config_model))
