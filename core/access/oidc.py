"""Signing in by an OpenID Connect provider: the authorization code flow with PKCE, a state and a nonce."""

import asyncio
import base64
import hashlib
import hmac
import importlib
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus, urlencode

import structlog

from core.access.oidc_claims import ProviderClaims, are_complete, completed, person_of
from core.access.oidc_link import ProviderLink
from core.access.oidc_metadata import Discovery, Metadata
from core.access.oidc_settings import OidcSettings
from core.errors import ProviderUnavailable, Unauthenticated

log = structlog.get_logger(__name__)

SCOPES = ("openid", "email", "profile")
SECRET_BYTES = 32
STOPPED = frozenset(
    {"access_denied", "account_selection_required", "consent_required", "interaction_required", "login_required"}
)
"""What a provider says when somebody did not want to, or may not (RFC 6749, 4.1.2.1; Core 1.0, 3.1.2.6)."""
OUT_OF_ORDER = frozenset({"server_error", "temporarily_unavailable"})
_ERROR = re.compile(r"[a-z_]{1,40}")


class OidcProvider:
    """The provider that the settings name. Nothing is asked before somebody signs in."""

    def __init__(
        self,
        settings: OidcSettings,
        link: ProviderLink,
        discovery: Discovery,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings, self._link, self._discovery, self._clock = settings, link, discovery, clock

    async def begin(self) -> tuple[str, str]:
        """A secret for the browser that begins, from which all else of its sign-in follows, and where it goes.

        Raises ProviderUnavailable.
        """
        metadata = await self._discovery.metadata(fresh=True)
        await _import_tokens()
        from core.access.id_token import authorization_url

        secret = secrets.token_urlsafe(SECRET_BYTES)
        url = authorization_url(
            metadata.authorization_endpoint,
            self._settings.client_id,
            _derived(secret, "verifier"),
            redirect_uri=self._settings.redirect_uri,
            scope=" ".join(self._scopes(metadata)),
            state=_derived(secret, "state"),
            nonce=_derived(secret, "nonce"),
        )
        return secret, url

    async def finish(self, secret: str, answer: Mapping[str, str]) -> ProviderClaims:
        """Who comes back with `answer`, the parameters of the provider's redirect; `is_answer` holds of it.

        Raises Unauthenticated for a sign-in that was stopped, and for a code or a token that is not as it must be;
        ProviderUnavailable.
        """
        metadata = await self._discovery.metadata()
        self._require_own_issuer(metadata, answer)
        if "error" in answer:
            raise _stopped(answer["error"])
        granted = await self._exchange(metadata, answer.get("code", ""), _derived(secret, "verifier"))
        claims = await self._judged(granted, _derived(secret, "nonce"))
        if not are_complete(claims, self._settings.groups_claim):
            claims = await self._completed(metadata, claims, granted)
        return person_of(claims, self._settings.issuer, self._settings.groups_claim)

    async def farewell(self) -> str | None:
        """Where a browser goes to be signed out there too; None where that cannot be, or is not known.

        OpenID Connect RP-Initiated Logout 1.0, by the client's id: the provider asks the person, and no token is kept
        for it.
        """
        try:
            metadata = self._discovery.known() or await self._discovery.metadata()
        except ProviderUnavailable:
            return None
        if metadata.end_session_endpoint is None:
            return None
        query = {"client_id": self._settings.client_id, "post_logout_redirect_uri": self._settings.afterwards}
        separator = "&" if "?" in metadata.end_session_endpoint else "?"
        return metadata.end_session_endpoint + separator + urlencode(query)

    def _scopes(self, metadata: Metadata) -> tuple[str, ...]:
        """Some providers tell groups by a scope of that name, others refuse one that they do not know."""
        claim = self._settings.groups_claim
        return (*SCOPES, claim) if claim in metadata.scopes and claim not in SCOPES else SCOPES

    def _require_own_issuer(self, metadata: Metadata, answer: Mapping[str, str]) -> None:
        """The answer of another provider, led here by a mix-up (RFC 9207, 2.4), is none."""
        named = answer.get("iss")
        if named != self._settings.issuer if metadata.names_itself else named not in (None, self._settings.issuer):
            raise _refused("another issuer")

    async def _exchange(self, metadata: Metadata, code: str, verifier: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._settings.redirect_uri,
            "code_verifier": verifier,
        }
        credentials = _basic(self._settings.client_id, self._settings.client_secret)
        status, granted = await self._link.ask(metadata.token_endpoint, credentials, form)
        if status == 200:
            return granted
        error = _known_word(granted.get("error"))
        log.warning("oidc_code_refused", status=status, error=error)
        if error == "invalid_grant":
            raise Unauthenticated("sign_on_code")
        raise ProviderUnavailable("client" if error in ("invalid_client", "unauthorized_client") else "answer")

    async def _judged(self, granted: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        """The ID token's claims. A key that is not known yet may be a new one: the keys are asked for once more."""
        await _import_tokens()
        from core.access.id_token import TokenRefused, claims_of

        token, expected = str(granted.get("id_token", "")), self._expected(granted, nonce)
        try:
            try:
                return claims_of(token, await self._discovery.keys(), **expected)
            except TokenRefused as err:
                if not err.other_key:
                    raise
            return claims_of(token, await self._discovery.keys(anew=True), **expected)
        except TokenRefused as err:
            raise _refused(str(err)) from None

    def _expected(self, granted: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        return {
            "issuer": self._settings.issuer,
            "client_id": self._settings.client_id,
            "nonce": nonce,
            "access_token": str(granted.get("access_token", "")),
            "now": self._clock(),
        }

    async def _completed(
        self, metadata: Metadata, claims: dict[str, Any], granted: Mapping[str, Any]
    ) -> dict[str, Any]:
        """With what only the userinfo endpoint tells: many providers keep the ID token small."""
        if metadata.userinfo_endpoint is None:
            return claims
        bearer = {"Authorization": f"Bearer {granted.get('access_token', '')}"}
        status, told = await self._link.ask(metadata.userinfo_endpoint, bearer)
        if status != 200:
            log.warning("oidc_provider_answer", status=status, error="userinfo")
            raise ProviderUnavailable("answer")
        # Core 1.0, 5.3.2: it may be somebody else's.
        if told.get("sub") != claims["sub"]:
            raise _refused("userinfo of another subject")
        return completed(claims, told)


def is_answer(secret: str | None, answer: Mapping[str, str]) -> bool:
    """Whether an answer belongs to what the browser that keeps `secret` began."""
    expected = _derived(secret, "state") if secret else ""
    return bool(expected) and hmac.compare_digest(expected.encode(), answer.get("state", "").encode("utf-8", "replace"))


def _derived(secret: str, use: str) -> str:
    """43 letters, as RFC 7636 wants of a verifier. None of them tells anything about another, or about the secret."""
    code = hmac.new(secret.encode("utf-8", "replace"), use.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(code).rstrip(b"=").decode()


def _basic(client_id: str, secret: str) -> dict[str, str]:
    """`client_secret_basic`: both are encoded as in a form first (RFC 6749, 2.3.1)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _known_word(error: object) -> str:
    return error if isinstance(error, str) and _ERROR.fullmatch(error) else "unknown"


def _stopped(error: str) -> Unauthenticated | ProviderUnavailable:
    word = _known_word(error)
    log.warning("oidc_sign_in_stopped", error=word)
    if word in OUT_OF_ORDER:
        return ProviderUnavailable("own_words")
    return Unauthenticated("sign_on_denied") if word in STOPPED else Unauthenticated("sign_on_error", error=word)


def _refused(why: str) -> Unauthenticated:
    log.warning("oidc_token_refused", error=why)
    return Unauthenticated("sign_on_token")


async def _import_tokens() -> None:
    # Authlib takes a third of a second: on the loop that would hold up every call of every source.
    await asyncio.to_thread(importlib.import_module, "core.access.id_token")
