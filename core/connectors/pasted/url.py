"""The parts of a pasted address. Nothing that goes wrong here repeats any of it: all of it may be a secret."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from core.errors import InvalidInput
from core.models import FieldError, Message

_URL = re.compile(r"([a-z][a-z0-9+.-]*)://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.IGNORECASE | re.DOTALL)
_OPTION = re.compile(r"[A-Za-z][\w.-]{0,39}", re.ASCII)
_HOST = re.compile(r"(?P<host>\[[0-9a-f:.]+(?:%25[\w.~-]+)?\]|[^:\[\]]*)(?::(?P<port>[0-9]*))?", re.IGNORECASE)
PORT_MAX = 65535


@dataclass(frozen=True, slots=True)
class Pasted:
    """What a pasted text says: the kind, fields of its configuration, and a word that a name may start from."""

    kind: str
    config: dict[str, object] = field(repr=False)
    name_hint: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Url:
    """An address in parts, still percent-encoded; `user` and `password` are None where there is none."""

    scheme: str
    user: str | None = field(repr=False)
    password: str | None = field(repr=False)
    place: str = field(repr=False)
    path: str = field(repr=False)
    query: str | None = field(repr=False)
    fragment: str | None = field(repr=False)

    def options(self) -> dict[str, str]:
        """What stands after `?`, decoded; a plus sign is a plus sign, as in AWS secrets."""
        pairs = (pair.partition("=") for pair in (self.query or "").split("&") if pair)
        return {decoded(name, "query"): decoded(value, "query") for name, _, value in pairs}


def refused(key: str, **arguments: object) -> InvalidInput:
    """The error to raise; it names `dsn`."""
    return InvalidInput(fields=(FieldError("dsn", Message(f"field.{key}", arguments)),))


def split(text: str) -> Url:
    """Raises InvalidInput for what is no address, and where an unencoded sign may have cut a password in two."""
    found = _URL.fullmatch(text)
    if found is None:
        raise refused("dsn_unknown")
    scheme, authority, path, query, fragment = found.groups()
    userinfo, at, place = authority.rpartition("@")
    if "@" in f"{query or ''}{fragment or ''}" or (":" in authority and _cut_off(place, path)):
        raise refused("dsn_escape")
    user, colon, password = userinfo.partition(":")
    return Url(scheme.lower(), user if at else None, password if colon else None, place, path, query, fragment)


def _cut_off(place: str, path: str) -> bool:
    """Whether an unencoded sign may have ended a password early; `@scope` at the start of a segment is no such case."""
    lost = "," not in place and _HOST.fullmatch(place) is None
    return lost or any("@" in part[1:] for part in path.split("/"))


def decoded(text: str, part: str) -> str:
    """Without percent-encoding. Raises InvalidInput naming the part for bytes that are no UTF-8."""
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        pass
    # Raised out here: the other error would carry the bytes along as its context.
    raise refused("dsn_part", part=part)


def host_and_port(place: str) -> tuple[str, int | None]:
    """One host, decoded and without brackets, and its port. Raises InvalidInput for several and for sockets."""
    if "," in place:
        raise refused("dsn_hosts")
    found = _HOST.fullmatch(place)
    if found is None:
        raise refused("dsn_part", part="host")
    host = decoded(found["host"], "host").strip("[]")
    if any(letter.isspace() or not letter.isprintable() for letter in host):
        raise refused("dsn_part", part="host")
    if host.startswith(("/", "@", "\\")):
        raise refused("dsn_socket")
    return host, port_of(found["port"])


def port_of(text: str | None) -> int | None:
    """Raises InvalidInput for what is no port."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(PORT_MAX)) and 1 <= int(text) <= PORT_MAX):
        raise refused("dsn_part", part="port")
    return int(text)


def option_refused(name: str) -> InvalidInput:
    """Names the option only if it looks like one: where quoting went wrong it may be a piece of a password."""
    return refused("dsn_option", option=name) if _OPTION.fullmatch(name) else refused("dsn_option_unknown")


def truth(text: str, part: str) -> bool:
    """Raises InvalidInput naming the part for anything but `true` and `false`."""
    if text.lower() not in ("true", "false"):
        raise refused("dsn_part", part=part)
    return text.lower() == "true"
