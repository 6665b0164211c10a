"""PostgreSQL: addresses as libpq and SQLAlchemy write them, and libpq's `key=value` lines."""

import re

from core.connectors.pasted.url import Pasted, Url, decoded, host_and_port, option_refused, port_of, refused

_FIELDS = {"host": "host", "port": "port", "dbname": "database", "user": "user", "password": "password"}
_SAME = frozenset({"sslmode", "schema"})
_PAIR = re.compile(r"\s*(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)(?:[^\s\\]|\\.)*)?)(?:\s|\Z)", re.DOTALL)
# PostgreSQL 17, 32.1.2 "Parameter Key Words": only these are named in a refusal of a `key=value` line, where the
# half of an unquoted password may look like a key.
_LIBPQ = frozenset({
    "hostaddr", "passfile", "require_auth", "channel_binding", "connect_timeout", "client_encoding", "options",
    "application_name", "fallback_application_name", "keepalives", "keepalives_idle", "keepalives_interval",
    "keepalives_count", "tcp_user_timeout", "replication", "gssencmode", "sslnegotiation", "sslcompression",
    "sslcert", "sslkey", "sslpassword", "sslcertmode", "sslrootcert", "sslcrl", "sslcrldir", "sslsni", "requirepeer",
    "ssl_min_protocol_version", "ssl_max_protocol_version", "krbsrvname", "gsslib", "gssdelegation", "service",
    "target_session_attrs", "load_balance_hosts", "requiressl",
})  # fmt: skip


def from_url(url: Url) -> Pasted:
    """`postgresql://user:password@host:port/database?sslmode=require`, whatever driver its scheme names after `+`."""
    if "@" in url.path:
        raise refused("dsn_escape")
    host, port = host_and_port(url.place)
    database = decoded(url.path.removeprefix("/"), "database")
    if "/" in url.path.removeprefix("/"):
        raise refused("dsn_part", part="database")
    user = decoded(url.user, "user") if url.user else None
    password = decoded(url.password, "password") if url.password else None
    given = {"host": host, "port": port, "database": database, "user": user, "password": password}
    return _pasted(given | _from_options(url.options(), named=True))


def is_key_value(text: str) -> bool:
    """Whether a text could be a `key=value` line: it begins with a key that libpq knows."""
    found = re.match(r"\s*(\w+)\s*=", text)
    return found is not None and found[1] in _LIBPQ | _FIELDS.keys() | _SAME


def from_key_values(text: str) -> Pasted:
    """`host=… dbname=… password='…'`, with libpq's quotes and backslashes."""
    options, end = dict[str, str](), 0
    while end < len(text):
        found = _PAIR.match(text, end)
        if found is None:
            raise refused("dsn_unknown")
        options[found[1]] = re.sub(r"\\(.)", r"\1", found[2] or found[3] or "", flags=re.DOTALL)
        end = found.end()
    return _pasted(_from_options(options, named=False))


def _from_options(options: dict[str, str], *, named: bool) -> dict[str, object]:
    config: dict[str, object] = {}
    for name, value in options.items():
        if name in _SAME or name in _FIELDS:
            config[_FIELDS.get(name, name)] = _typed(name, value)
        elif named or name in _LIBPQ:
            raise option_refused(name)
        else:
            raise refused("dsn_option_unknown")
    return config


def _typed(name: str, value: str) -> object:
    if name == "host" and value.startswith(("/", "@", "\\")):
        raise refused("dsn_socket")
    if name in ("host", "port") and "," in value:
        raise refused("dsn_hosts")
    return port_of(value) if name == "port" else value


def _pasted(given: dict[str, object]) -> Pasted:
    config = {name: value for name, value in given.items() if value not in (None, "")}
    hint = config.get("database") or config.get("host")
    return Pasted("postgres", config, str(hint) if hint else None)
