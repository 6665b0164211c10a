"""The dashboard's own address as browsers write it, however it was typed into the settings."""

from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from core.safety.names import plain_name

USUAL_PORTS = {"http": 80, "https": 443}


@lru_cache(maxsize=8)
def host_of(url: str) -> str:
    """Its host in small ASCII letters, a Persian name as DNS has it; empty for what is no address."""
    return plain_name(_split(url).hostname or "")


@lru_cache(maxsize=8)
def origin_of(url: str) -> str:
    """Scheme, host, and the port where it is not the usual one (RFC 6454, 6.2); empty for what is no address."""
    parts, host = _split(url), host_of(url)
    if not host:
        return ""
    port = "" if parts.port in (None, USUAL_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # told only when it is asked for
    except ValueError:
        return urlsplit("")
    return parts
