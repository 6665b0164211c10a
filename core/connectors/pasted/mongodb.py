"""MongoDB: what has fields of its own becomes fields, everything else stays one secret `uri`."""

from core.connectors.pasted.url import Pasted, Url, decoded, host_and_port, refused, truth

PORT = 27017
_OPTIONS = {"authsource": "auth_source", "replicaset": "replica_set"}
_SWITCHES = {"tls": "tls", "ssl": "tls", "directconnection": "direct"}


def from_url(url: Url, text: str) -> Pasted:
    """`mongodb://user:password@host:port,host:port/database?options`, `mongodb+srv://…`."""
    if "@" in url.path:
        raise refused("dsn_escape")
    database = decoded(url.path.removeprefix("/"), "database") or None
    options = {name.lower(): value for name, value in url.options().items()}
    plain = url.scheme == "mongodb" and options.keys() <= _OPTIONS.keys() | _SWITCHES.keys()
    config = _fields(url, options, database) if plain else {"uri": text}
    given = config | {"database": database}
    return Pasted("mongodb", {name: value for name, value in given.items() if value is not None}, _hint(url, database))


def _fields(url: Url, options: dict[str, str], database: str | None) -> dict[str, object]:
    user = decoded(url.user, "user") if url.user else None
    config: dict[str, object] = {
        "hosts": [_member(place) for place in url.place.split(",")],
        "user": user,
        "password": decoded(url.password, "password") if url.password else None,
        # "Connection String Spec": without authSource, the database of the address is the one that knows the user.
        "auth_source": database if user else None,
    }
    config |= {_OPTIONS[name]: value for name, value in options.items() if name in _OPTIONS}
    return config | {_SWITCHES[name]: truth(value, name) for name, value in options.items() if name in _SWITCHES}


def _member(place: str) -> str:
    host, port = host_and_port(place)
    if not host:
        raise refused("dsn_part", part="host")
    return f"{f'[{host}]' if ':' in host else host}:{port or PORT}"


def _hint(url: Url, database: str | None) -> str | None:
    return database or host_and_port(url.place.split(",")[0])[0] or None
