"""How snippets of the kinds that speak HTTP say who asks."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.connectors.snippets import CA_FILE, INDENT, TIMEOUT_S, literal, value_of


def headers_of(config: Mapping[str, Any]) -> str:
    """A dictionary: the service's own headers, and the one that carries a token."""
    auth = config.get("auth") or {}
    lines = [(literal("Accept"), literal("application/json"))]
    lines += [(literal(name), value_of(config, "headers", name)) for name in config.get("headers") or ()]
    match auth.get("type"):
        case "bearer":
            lines.append((literal("Authorization"), f"'Bearer ' + {value_of(config, 'auth', 'token')}"))
        case "header":
            lines.append((literal(auth["name"]), value_of(config, "auth", "value")))
    return "\n".join(["{", *(f"{INDENT}{name}: {value}," for name, value in lines), "}"])


def query_of(config: Mapping[str, Any]) -> str:
    """The pair that carries a secret in the address; empty where none does."""
    auth = config.get("auth") or {}
    return f"({literal(auth['name'])}, {value_of(config, 'auth', 'value')})" if auth.get("type") == "query" else ""


def options_of(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Arguments of `requests`: name and password in UTF-8, limits, and whom to believe."""
    if (config.get("auth") or {}).get("type") == "basic":
        user, password = value_of(config, "auth", "username"), value_of(config, "auth", "password")
        yield "auth", f"({user}.encode(), {password}.encode())"
    yield "timeout", literal(config.get("timeout_s") or TIMEOUT_S)
    if config.get("tls_verify") is False:
        yield "verify", "False"
    elif config.get("ca_pem"):
        yield "verify", CA_FILE
