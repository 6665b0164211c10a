"""A provider that can be told to lie: what it answers is made here, signed with keys of its own."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

from core.access.oidc import OidcProvider
from core.access.oidc_metadata import Discovery
from core.access.oidc_settings import OidcSettings
from core.errors import ProviderUnavailable
from tests.access.conftest import FakeClock

ISSUER = "https://id.test/realm"
CLIENT_ID, CLIENT_SECRET = "cheshmeh", "p+ss:w%rd & more"
METADATA = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/auth?tenant=1",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/jwks",
    "userinfo_endpoint": f"{ISSUER}/userinfo",
    "end_session_endpoint": f"{ISSUER}/end",
    "scopes_supported": ["openid", "email", "groups"],
    "authorization_response_iss_parameter_supported": True,
}


def oidc_settings(**changes: Any) -> OidcSettings:
    given = {"issuer": ISSUER, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "origin": "https://dash.test"}
    given |= {"domains": frozenset(), "groups_claim": "groups", "roles": ()}
    return OidcSettings(**(given | changes))


def new_key(kid: str = "1") -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"})


class FakeProviderLink:
    """In the place of `ProviderLink`. `claims` is what the next ID token says; None takes a claim away."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock, self.key = clock, new_key()
        self.hmac_key, self.published = b"", [self.key]
        self.metadata: Any = dict(METADATA)
        self.header: dict[str, Any] = {"alg": "ES256", "kid": "1"}
        self.claims: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {"sub": "7", "email": "mina@acme.test", "email_verified": True}
        self.granted: dict[str, Any] = {}
        self.status: dict[str, int] = {}
        self.asked: list[str] = []
        self.credentials: dict[str, Mapping[str, str]] = {}
        self.forms: dict[str, Mapping[str, str]] = {}
        self.gone = False
        self.nonce = self.challenge = ""

    async def ask(
        self, url: str, credentials: Mapping[str, str] | None = None, form: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        what = url.rpartition("/")[2]
        self.asked.append(what)
        self.credentials[what], self.forms[what] = credentials or {}, form or {}
        if self.gone:
            raise ProviderUnavailable("unreachable")
        answers = {"openid-configuration": self.metadata, "jwks": self.keys(), "userinfo": self.userinfo}
        return self.status.get(what, 200), answers[what] if what in answers else self.token()

    def visited(self, url: str) -> dict[str, str]:
        """What the authorisation endpoint is asked by a browser that is sent to `url`; its answer's parameters."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self.nonce, self.challenge = query["nonce"], query["code_challenge"]
        return {"code": "a code", "state": query["state"], "iss": ISSUER}

    def keys(self) -> dict[str, Any]:
        return {"keys": [key.as_dict(private=key.key_type == "oct") for key in self.published]}

    def token(self) -> dict[str, Any]:
        return {"access_token": "opaque", "token_type": "Bearer", "id_token": self.id_token()} | self.granted

    def id_token(self) -> str:
        now = int(self.clock().timestamp())
        claims = {"iss": ISSUER, "sub": "7", "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": self.nonce}
        said = {name: value for name, value in (claims | self.claims).items() if value is not None}
        if self.header["alg"] == "none":
            return unsigned(said)
        if self.header["alg"] == "HS256":
            return with_hmac(self.header, said, self.hmac_key)
        return jwt.encode(self.header, said, self.key, [self.header["alg"]])

    def verifies(self, verifier: str) -> bool:
        return encoded(hashlib.sha256(verifier.encode()).digest()) == self.challenge


def unsigned(claims: Mapping[str, Any]) -> str:
    return f"{_segments({'alg': 'none'}, claims)}."


def with_hmac(header: Mapping[str, Any], claims: Mapping[str, Any], key: bytes) -> str:
    """By hand: no library signs with what is no secret."""
    segments = _segments(header, claims)
    return f"{segments}.{encoded(hmac.digest(key, segments.encode(), 'sha256'))}"


def _segments(*parts: Mapping[str, Any]) -> str:
    return ".".join(encoded(json.dumps(part).encode()) for part in parts)


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def provider_of(link: FakeProviderLink, **changes: Any) -> OidcProvider:
    discovery = Discovery(link, ISSUER, lambda: link.clock().timestamp())
    return OidcProvider(oidc_settings(**changes), link, discovery, link.clock)
