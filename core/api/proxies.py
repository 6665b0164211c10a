"""Who a request came from, and whether it came over TLS: what a proxy says counts only where it is trusted."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.requests import HTTPConnection

from core.settings import Settings

Address = IPv4Address | IPv6Address


def client_address(connection: HTTPConnection) -> str | None:
    """The address of whoever asks: behind trusted proxies the last one that is none of theirs; None without a network.

    Only the end of `X-Forwarded-For` is worth anything: what stands before an untrusted address, that one may have
    written itself.
    """
    peer = _parsed(connection.client.host if connection.client else "")
    if peer is None:
        return None
    settings, found = _settings(connection), peer
    named = ",".join(connection.headers.getlist("x-forwarded-for")).split(",")
    while _trusted(found, settings) and named:
        nearer = _parsed(_without_port(named.pop().strip()))
        if nearer is None:
            break
        found = nearer
    return str(found)


def is_secure(connection: HTTPConnection) -> bool:
    """Whether the browser's end speaks TLS."""
    settings, peer = _settings(connection), _parsed(connection.client.host if connection.client else "")
    if settings.origin.startswith("https://") or connection.url.scheme in ("https", "wss"):
        return True
    told = connection.headers.get("x-forwarded-proto", "")
    return peer is not None and _trusted(peer, settings) and told.rpartition(",")[2].strip() in ("https", "wss")


def _settings(connection: HTTPConnection) -> Settings:
    settings: Settings = connection.app.state.runtime.settings
    return settings


def _trusted(address: Address, settings: Settings) -> bool:
    return any(address in network for network in settings.proxy_networks)


def _parsed(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _without_port(text: str) -> str:
    """Some proxies write `192.0.2.7:4711` or `[2001:db8::7]:4711`."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
