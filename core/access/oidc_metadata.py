"""What a provider tells of itself (OpenID Connect Discovery 1.0), and the keys it signs with, both kept for a while."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

import structlog

from core.access.oidc_link import ProviderLink
from core.access.oidc_settings import is_trusted_way
from core.errors import ProviderUnavailable

log = structlog.get_logger(__name__)

WELL_KNOWN = "/.well-known/openid-configuration"
KEPT_S = 3600.0
FRESH_S = 1.0
"""Before people are sent to a provider it is asked whether it is there, and again only after so many seconds."""
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
FURTHER = ("userinfo_endpoint", "end_session_endpoint")


@dataclass(frozen=True, slots=True)
class Metadata:
    """Addresses, the scopes that may be asked for, and whether its answers name the issuer (RFC 9207)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    scopes: frozenset[str]
    names_itself: bool


class Discovery:
    """One provider's own description and keys. Raises ProviderUnavailable when it does not give them."""

    def __init__(self, link: ProviderLink, issuer: str, clock: Callable[[], float] = monotonic) -> None:
        self._link, self._issuer, self._clock = link, issuer, clock
        self._turn = asyncio.Lock()
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, Mapping[str, Any]] | None = None
        self._failed: tuple[float, ProviderUnavailable] | None = None

    async def metadata(self, *, fresh: bool = False) -> Metadata:
        """`fresh`: as of the last second, so that it is known to be there."""
        async with self._turn:
            found = self._young(self._metadata, FRESH_S if fresh else KEPT_S)
            return found or await self._describe()

    def known(self) -> Metadata | None:
        """What it last said, however long ago; asks nobody."""
        return self._metadata[1] if self._metadata else None

    async def keys(self, *, anew: bool = False) -> Mapping[str, Any]:
        """The JSON Web Key Set; `anew`: it signs with one that is not in the set that is kept."""
        metadata = await self.metadata()
        async with self._turn:
            found: Mapping[str, Any] | None = self._young(self._keys, 0 if anew else KEPT_S)
            if found is None:
                status, found = await self._link.ask(metadata.jwks_uri)
                _require_ok(status, "keys")
                self._keys = self._clock(), found
            return found

    def _young(self, kept: tuple[float, Any] | None, age_s: float) -> Any:
        return kept[1] if kept and self._clock() - kept[0] < age_s else None

    async def _describe(self) -> Metadata:
        # Many who wait for a silent provider must not wait one behind the other.
        if failure := self._young(self._failed, FRESH_S):
            raise failure.with_traceback(None)
        try:
            status, told = await self._link.ask(self._issuer.rstrip("/") + WELL_KNOWN)
            _require_ok(status, "discovery")
            found = described(told, self._issuer)
        except ProviderUnavailable as err:
            self._failed = self._clock(), err
            raise
        self._metadata = self._clock(), found
        return found


def described(told: Mapping[str, Any], issuer: str) -> Metadata:
    """Raises ProviderUnavailable for a description of another issuer, or of addresses that others could listen to."""
    # Character by character: with another issuer's description its tokens would come in too (Discovery 1.0, 4.3).
    if told.get("issuer") != issuer:
        raise _wrong("issuer")
    loopback = issuer.startswith("http://")
    addresses = {name: told.get(name) for name in (*NEEDED, *FURTHER)}
    for name, address in addresses.items():
        if address is None and name in FURTHER:
            continue
        if not isinstance(address, str) or not is_trusted_way(address, loopback=loopback):
            raise _wrong(name)
    scopes = told.get("scopes_supported")
    known = frozenset(filter(_is_text, scopes)) if isinstance(scopes, list) else frozenset()
    return Metadata(
        **addresses,  # type: ignore[arg-type]  # judged one by one above
        scopes=known,
        names_itself=told.get("authorization_response_iss_parameter_supported") is True,
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _require_ok(status: int, what: str) -> None:
    if status != 200:
        log.warning("oidc_provider_answer", status=status, error=what)
        raise ProviderUnavailable("answer")


def _wrong(name: str) -> ProviderUnavailable:
    log.warning("oidc_provider_answer", error=f"discovery: {name}")
    return ProviderUnavailable("answer")
