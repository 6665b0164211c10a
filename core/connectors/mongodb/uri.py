"""MongoDB connection strings, read by us: only options that say where and as whom, none that reads files or dials.

The driver would take everything its long list of options allows, and repeats what it cannot read in its errors.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

DEFAULT_PORT = 27017
HOSTS_MAX = 50
HEEDED = frozenset({"authsource", "replicaset", "directconnection", "tls", "ssl", "authmechanism", "readpreference"})
IGNORED = frozenset(
    {
        "appname", "compressors", "connecttimeoutms", "heartbeatfrequencyms", "journal", "localthresholdms",
        "maxconnecting", "maxidletimems", "maxpoolsize", "minpoolsize", "readconcernlevel", "retryreads",
        "retrywrites", "serverselectiontimeoutms", "sockettimeoutms", "timeoutms", "uuidrepresentation", "w",
        "waitqueuetimeoutms", "wtimeoutms", "zlibcompressionlevel",
    }
)  # fmt: skip
"""Common in pasted strings and without effect: samples only read, within limits of their own."""

HEEDED_VALUES = {
    **dict.fromkeys(("tls", "ssl", "directconnection"), ("true", "false")),
    "authmechanism": ("default", "scram-sha-1", "scram-sha-256"),
    "readpreference": ("primary", "primarypreferred", "secondary", "secondarypreferred", "nearest"),
}
"""By small letters: the other mechanisms read files or the surroundings of this machine (GSSAPI, AWS, OIDC, X.509)."""
_SCHEME = re.compile(r"mongodb(\+srv)?://", re.IGNORECASE)
_HOST = re.compile(r"[^\s/@,:\\?#\[\]\0]+")
_PORT = re.compile(r"[0-9]{1,5}")
_WORD = re.compile(r"[A-Za-z_]{1,40}")

Address = tuple[str, int]


class Malformed(ValueError):
    """Not a connection string; says nothing of what stood in it."""


class OptionRefused(ValueError):
    """An option that is not heeded here, or whose value is not; `option` is its name."""

    def __init__(self, option: str) -> None:
        super().__init__("option refused")
        self.option = option


@dataclass(frozen=True, slots=True)
class ConnectionString:
    """`options` by small letters; `srv` when the one host is a name that SRV records expand."""

    hosts: tuple[Address, ...]
    srv: bool
    user: str | None
    password: str | None = field(repr=False)
    database: str | None
    options: dict[str, str] = field(repr=False)

    def flag(self, *names: str) -> bool | None:
        found = [self.options[name] == "true" for name in names if name in self.options]
        return found[0] if found else None


def address(text: str) -> Address:
    """`host`, `host:port` or `[v6]:port`. Raises Malformed for anything else, paths of Unix sockets included."""
    host, port = text, ""
    if text.startswith("["):
        host, bracket, port = text[1:].partition("]")
        if not bracket or not re.fullmatch(r"[0-9A-Fa-f:.]+(%\w+)?", host) or (port and not port.startswith(":")):
            raise Malformed
        port = port.removeprefix(":") if port != ":" else "-"
    elif ":" in text:
        host, _, port = text.rpartition(":")
        port = port or "-"
    if not text.startswith("[") and not _HOST.fullmatch(host):
        raise Malformed
    # The driver takes any name that ends so for the path of a Unix socket.
    if host.lower().endswith(".sock") or len(host) > 253:
        raise Malformed
    number = int(port) if _PORT.fullmatch(port) else DEFAULT_PORT if not port else 0
    if not 1 <= number <= 65535:
        raise Malformed
    return host, number


def parse(text: str) -> ConnectionString:
    """The parts of a connection string. Raises Malformed or OptionRefused; neither repeats any value."""
    scheme = _SCHEME.match(text)
    if scheme is None:
        raise Malformed
    place, _, query = text[scheme.end() :].partition("?")
    authority, _, path = place.partition("/")
    userinfo, at, hosts = authority.rpartition("@")
    # An unescaped `/` or `?` in a password: what follows would be taken for a path or for options, and named.
    if "@" in path or "@" in query or (at and not userinfo) or "/" in path:
        raise Malformed
    user, colon, password = userinfo.partition(":")
    found = tuple(_addresses(hosts, srv=bool(scheme[1])))
    return ConnectionString(
        found,
        bool(scheme[1]),
        _decoded(user) or None,
        _decoded(password) if colon else None,
        _decoded(path) or None,
        options_of(query),
    )


def _addresses(text: str, *, srv: bool) -> list[Address]:
    parts = text.split(",")
    if len(parts) > HOSTS_MAX or (srv and (len(parts) > 1 or ":" in text)):
        raise Malformed
    return [address(_decoded(part)) for part in parts]


def options_of(query: str) -> dict[str, str]:
    """Options by small letters. Raises Malformed or OptionRefused."""
    options = {}
    for pair in filter(None, re.split("[&;]", query)):
        name, _, value = pair.partition("=")
        low = name.lower()
        if low not in HEEDED | IGNORED:
            raise OptionRefused(name if _WORD.fullmatch(name) else "?")
        options[low] = _checked(name, low, _decoded(value))
    return options


def _checked(name: str, low: str, value: str) -> str:
    """The value as it will be heeded: words in small letters. Raises OptionRefused for one that is not."""
    if low in HEEDED_VALUES:
        value = value.lower()
        if value not in HEEDED_VALUES[low]:
            raise OptionRefused(name)
    return value


def _decoded(text: str) -> str:
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise Malformed from None
    if "\0" in decoded:
        raise Malformed
    return decoded
