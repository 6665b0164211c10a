"""ID tokens: whose they are is believed only after everything about them was judged. Imports Authlib."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
"""With a key that only the provider has. `none` is none, and an HMAC would be made with what others know as well."""
LEEWAY_S = 60
"""How far the clocks of provider and dashboard may lie apart."""
SUBJECT_MAX = 255


class TokenRefused(Exception):
    """What is wrong with a token, for the log. `other_key`: a key newer than those known may have signed it."""

    def __init__(self, why: str, *, other_key: bool = False) -> None:
        super().__init__(why)
        self.other_key = other_key


def claims_of(
    token: str,
    keys: Mapping[str, Any],
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    access_token: str,
    now: datetime,
) -> dict[str, Any]:
    """The claims of a token whose signature, issuer, audience, authorised party, times and nonce are as they must be.

    OpenID Connect Core 1.0, 3.1.3.7. Raises TokenRefused.
    """
    signed = _decoded(token, keys)
    options = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}}
    params = {"client_id": client_id, "nonce": nonce, "access_token": access_token}
    claims = CodeIDToken(signed.claims, signed.header, options, params)
    try:
        claims.validate(int(now.timestamp()), LEEWAY_S)
    except (JoseError, TypeError, ValueError) as err:
        # The library compares some claims without a look at their type.
        raise TokenRefused(str(err) if isinstance(err, JoseError) else type(err).__name__) from None
    subject = claims["sub"]
    if not (1 <= len(subject) <= SUBJECT_MAX and subject.isascii() and subject.isprintable()):
        raise TokenRefused("sub")
    return dict(claims)


def _decoded(token: str, keys: Mapping[str, Any]) -> jwt.Token:
    try:
        return jwt.decode(token, KeySet.import_key_set({"keys": keys["keys"]}), ALGORITHMS)
    except (InvalidKeyIdError, BadSignatureError) as err:
        raise TokenRefused(str(err), other_key=True) from None
    except (JoseError, ValueError, KeyError, TypeError) as err:
        # The library lets those of the parsers below it through.
        raise TokenRefused(str(err) if isinstance(err, JoseError) else type(err).__name__) from None


def authorization_url(endpoint: str, client_id: str, verifier: str, **parameters: str) -> str:
    """Where the browser goes (RFC 6749, 4.1.1), with the S256 challenge of RFC 7636 for `verifier`."""
    challenge = create_s256_code_challenge(verifier)
    url: str = prepare_grant_uri(
        endpoint, client_id, "code", code_challenge=challenge, code_challenge_method="S256", **parameters
    )
    return url
