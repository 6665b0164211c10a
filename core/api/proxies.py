"""Where a request came from, and whether it came over TLS: what a proxy says counts only where it is trusted."""

from starlette.requests import HTTPConnection

from core.access.forwarded import Networks, address_of, parsed, trusted
from core.settings import Settings


def client_address(connection: HTTPConnection) -> str | None:
    """The address of whoever asks; None without a network."""
    return address_of(_peer(connection), connection.headers.getlist("x-forwarded-for"), _proxies(connection))


def is_secure(connection: HTTPConnection) -> bool:
    """Whether the browser's end speaks TLS."""
    settings, peer = _settings(connection), parsed(_peer(connection))
    if settings.origin.startswith("https://") or connection.url.scheme in ("https", "wss"):
        return True
    told = connection.headers.get("x-forwarded-proto", "")
    return (
        peer is not None and trusted(peer, _proxies(connection)) and told.rpartition(",")[2].strip() in ("https", "wss")
    )


def _peer(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else ""


def _proxies(connection: HTTPConnection) -> Networks:
    return _settings(connection).proxy_networks


def _settings(connection: HTTPConnection) -> Settings:
    settings: Settings = connection.app.state.runtime.settings
    return settings
