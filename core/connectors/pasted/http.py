"""REST and GraphQL by their addresses."""

from core.connectors.pasted.url import Pasted, Url, decoded, host_and_port, option_refused, refused
from core.form_values import suggests_secret


def from_url(url: Url) -> Pasted:
    """`https://user:password@host/path`: GraphQL where the path ends in `/graphql`, else REST."""
    host, _ = host_and_port(url.place)
    if not host:
        raise refused("dsn_part", part="host")
    address = f"{url.scheme}://{url.place}{url.path}"
    graphql = url.path.rstrip("/").lower().endswith("/graphql")
    config: dict[str, object] = {"endpoint" if graphql else "base_url": address}
    auth = _auth(url)
    return Pasted("graphql" if graphql else "rest", config | ({"auth": auth} if auth else {}), host)


def _auth(url: Url) -> dict[str, str]:
    options = url.options()
    if url.user is None:
        return _from_query(options)
    for name in options:
        raise option_refused(name)
    given = {"username": decoded(url.user, "user"), "password": decoded(url.password or "", "password")}
    return {"type": "basic"} | {name: value for name, value in given.items() if value}


def _from_query(options: dict[str, str]) -> dict[str, str]:
    """One parameter that is a key says who asks; any other has no field here."""
    for name, value in options.items():
        if len(options) > 1 or not suggests_secret(name):
            raise option_refused(name)
        return {"type": "query", "name": name, "value": value}
    return {}
