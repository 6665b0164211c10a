"""What a provider's claims say about a person, whichever of the usual ways it says it in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import Unauthenticated


@dataclass(frozen=True, slots=True)
class ProviderClaims:
    """Who the provider says this is. `email` is one that it has verified."""

    issuer: str
    subject: str
    name: str
    email: str | None
    groups: frozenset[str]


def person_of(claims: Mapping[str, Any], issuer: str, groups_claim: str) -> ProviderClaims:
    """Raises Unauthenticated when the groups are told elsewhere than in the claims."""
    told = claims.get("email")
    email = told if isinstance(told, str) and "@" in told else None
    # Some providers write the boolean as text.
    verified = email if claims.get("email_verified") in (True, "true") else None
    names = (claims.get("preferred_username"), verified, claims.get("name"), claims["sub"])
    return ProviderClaims(
        issuer=issuer,
        subject=claims["sub"],
        name=next((name for name in names if isinstance(name, str) and name.strip()), ""),
        email=verified,
        groups=_groups(claims, groups_claim),
    )


def are_complete(claims: Mapping[str, Any], groups_claim: str) -> bool:
    """Whether an ID token says all that is asked for."""
    return {"email", "email_verified", groups_claim} <= claims.keys()


def completed(claims: Mapping[str, Any], userinfo: Mapping[str, Any]) -> dict[str, Any]:
    """Signed claims first. That an address is verified counts for the address it was said with, and for no other."""
    pair = claims if "email_verified" in claims else userinfo
    return {**userinfo, **claims, "email": pair.get("email"), "email_verified": pair.get("email_verified")}


def _groups(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    elsewhere = claims.get("_claim_names")
    # A list too long for a token (Core 1.0, 5.6.2). Taken for an empty one it would cost the person every role.
    if name not in claims and isinstance(elsewhere, dict) and name in elsewhere:
        raise Unauthenticated("sign_on_groups")
    found = claims.get(name)
    groups = [found] if isinstance(found, str) else found
    return frozenset(group for group in groups if isinstance(group, str)) if isinstance(groups, list) else frozenset()
