"""What the settings say about the OpenID Connect provider, read whole: half of it is an error at the start."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from core.errors import StartupError
from core.models import Role
from core.safety.names import ascii_name
from core.settings import PREFIX, Settings

CALLBACK = "/session/oidc/callback"
AFTERWARDS = "/session/login"
"""Where the provider sends people back to, after signing in and after signing out: it has to know both addresses."""
ISSUER_MAX = 255


@dataclass(frozen=True, slots=True)
class GroupRole:
    """Whoever is in `group` holds `role` in the organisation `org`."""

    group: str
    org: str
    role: Role


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """`domains` are in small ASCII letters; none: whoever the provider signs in."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    origin: str
    domains: frozenset[str]
    groups_claim: str
    roles: tuple[GroupRole, ...]

    @property
    def host(self) -> str:
        """What people know the provider by."""
        return urlsplit(self.issuer).hostname or ""

    @property
    def redirect_uri(self) -> str:
        return self.origin + CALLBACK

    @property
    def afterwards(self) -> str:
        return self.origin + AFTERWARDS


def oidc_settings(settings: Settings) -> OidcSettings | None:
    """None when no provider is named. Raises StartupError naming the setting that is missing or wrong."""
    secret = settings.oidc_client_secret
    given = {
        "oidc_issuer": settings.oidc_issuer,
        "oidc_client_id": settings.oidc_client_id,
        "oidc_client_secret": secret.get_secret_value() if secret else None,
    }
    # Rules for signing in without a provider would be obeyed by nobody.
    asked = settings.oidc_allowed_domains or settings.oidc_roles
    if not any(given.values()) and not asked:
        return None
    for name, value in given.items():
        if not value:
            raise StartupError("oidc_half", name=PREFIX + name.upper())
    return OidcSettings(
        issuer=_issuer(str(given["oidc_issuer"])),
        client_id=str(given["oidc_client_id"]),
        client_secret=str(given["oidc_client_secret"]),
        origin=settings.origin,
        domains=frozenset(map(_domain, _listed(settings.oidc_allowed_domains))),
        groups_claim=settings.oidc_groups_claim,
        roles=tuple(map(_group_role, _listed(settings.oidc_roles))),
    )


def is_trusted_way(url: str, *, loopback: bool) -> bool:
    """Whether what is sent to `url` can be read by nobody on the way: https, or, where `loopback`, this machine."""
    if not (url.isascii() and url.isprintable()) or " " in url or '"' in url:
        return False
    try:
        parts = urlsplit(url)
        known = bool(parts.hostname) and (parts.port is None or parts.port > 0) and "@" not in parts.netloc
    except ValueError:
        return False
    return known and (parts.scheme == "https" or (loopback and parts.scheme == "http" and _is_loopback(parts.hostname)))


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def _issuer(text: str) -> str:
    if not is_trusted_way(text, loopback=True) or "?" in text or "#" in text or len(text) > ISSUER_MAX:
        raise StartupError("oidc_issuer")
    return text


def _listed(text: str | None) -> list[str]:
    return [part for part in map(str.strip, (text or "").split(",")) if part]


def _domain(text: str) -> str:
    try:
        name = ascii_name(text.removeprefix("@")).lower()
    except UnicodeError:
        raise StartupError("oidc_domain", domain=text) from None
    if "." not in name or ":" in name:
        raise StartupError("oidc_domain", domain=text)
    return name


def _group_role(text: str) -> GroupRole:
    # The last `=`: groups may be called anything, organisations and roles may not.
    group, _, place = text.rpartition("=")
    org, _, role = place.partition(":")
    try:
        found = GroupRole(group.strip(), org.strip(), Role.parse(role.strip()))
    except ValueError:
        raise StartupError("oidc_role", text=text) from None
    if not found.group or not found.org:
        raise StartupError("oidc_role", text=text)
    return found
