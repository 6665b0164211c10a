"""How a request says who asks: the forms of `auth`, and headers of one's own."""

import base64
import re
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

from core.connectors.base import StrictModel
from core.form_values import suggests_secret

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # RFC 9110, 5.6.2
_OURS = frozenset({"connection", "content-length", "host", "te", "trailer", "transfer-encoding", "upgrade"})
"""Headers that say how a message travels: these are the client's own."""

HEADERS_MAX = 50


def _header_name(name: str) -> str:
    if not _TOKEN.fullmatch(name) or name.lower() in _OURS:
        raise PydanticCustomError("header_name", "a header's name")
    return name


def _header_value(secret: SecretStr) -> SecretStr:
    value = secret.get_secret_value()
    if not _fits_header(value):
        raise PydanticCustomError("header_value", "no line end or control character")
    return secret


def _fits_header(value: str) -> bool:
    return value.isprintable() and value == value.strip()


def _headers(headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
    if any(times > 1 for times in Counter(map(str.lower, headers)).values()):
        raise PydanticCustomError("header_twice", "each header once")
    for name, value in headers.items():
        _header_name(name)
        _header_value(value)
    return headers


HeaderName = Annotated[str, AfterValidator(_header_name)]
HeaderSecret = Annotated[SecretStr, Field(min_length=1, max_length=8000), AfterValidator(_header_value)]
Headers = Annotated[
    dict[str, SecretStr],
    Field(max_length=HEADERS_MAX, json_schema_extra={"secret_keys": True}),
    AfterValidator(_headers),
]


class NoAuth(StrictModel):
    """Nobody in particular."""

    type: Literal["none"] = "none"


class BasicAuth(StrictModel):
    """A user and a password, as RFC 7617 says, in UTF-8."""

    type: Literal["basic"]
    username: str = Field(min_length=1, max_length=200, pattern=r"^[^:\x00-\x1f]+$")
    password: SecretStr = Field(min_length=1, max_length=1000)


class BearerAuth(StrictModel):
    """A token in the header `Authorization`."""

    type: Literal["bearer"]
    token: HeaderSecret


class HeaderAuth(StrictModel):
    """A secret in a header of the service's choice."""

    type: Literal["header"]
    name: HeaderName = Field(json_schema_extra={"example": "X-Api-Key"})
    value: HeaderSecret


class QueryAuth(StrictModel):
    """A secret in the address itself."""

    type: Literal["query"]
    name: str = Field(min_length=1, max_length=100, json_schema_extra={"example": "api_key"})
    value: SecretStr = Field(min_length=1, max_length=8000)


Auth = Annotated[NoAuth | BasicAuth | BearerAuth | HeaderAuth | QueryAuth, Field(discriminator="type")]


def auth_headers(auth: Auth) -> dict[str, str]:
    """The headers that carry the credentials; none for `none` and `query`."""
    match auth:
        case BasicAuth():
            pair = f"{auth.username}:{auth.password.get_secret_value()}".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        case BearerAuth():
            return {"Authorization": f"Bearer {auth.token.get_secret_value()}"}
        case HeaderAuth():
            return {auth.name: auth.value.get_secret_value()}
    return {}


def auth_query(auth: Auth) -> dict[str, str]:
    """The parameters of the address that carry the credentials."""
    return {auth.name: auth.value.get_secret_value()} if isinstance(auth, QueryAuth) else {}


def own_headers(headers: Mapping[str, SecretStr]) -> dict[str, str]:
    return {name: value.get_secret_value() for name, value in headers.items()}


def auth_secrets(auth: Auth, headers: Mapping[str, SecretStr]) -> tuple[str, ...]:
    """What must not be seen in an answer, an error or a log: the secrets, and the forms in which they are sent."""
    sent = [value.removeprefix("Basic ").removeprefix("Bearer ") for value in auth_headers(auth).values()]
    given = [auth.password.get_secret_value()] if isinstance(auth, BasicAuth) else []
    return (*given, *sent, *auth_query(auth).values(), *secret_headers(headers))


def secret_headers(headers: Mapping[str, SecretStr]) -> tuple[str, ...]:
    """Values of the headers whose names suggest a secret."""
    return tuple(value.get_secret_value() for name, value in headers.items() if suggests_secret(name))
