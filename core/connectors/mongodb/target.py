"""Where a configuration leads and as whom, whether it stands in fields or in a connection string."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.connectors.mongodb.uri import Address, ConnectionString, address, parse

if TYPE_CHECKING:
    from pydantic import SecretStr

ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Target:
    """`srv`: the one host is a name that SRV records expand. `place_field` and `user_fields` are names of the form."""

    hosts: tuple[Address, ...]
    srv: bool
    database: str
    user: str | None
    password: str | None = field(repr=False)
    auth_source: str
    mechanism: str | None
    tls: bool
    tls_verify: bool
    ca_pem: str | None = field(repr=False)
    replica_set: str | None
    direct: bool
    preference: str
    place_field: str
    user_fields: tuple[str, ...]

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.password,) if self.password else ()

    def where(self, found: Address | None = None) -> dict[str, Any]:
        """Arguments for sentences about this source, or about one of its members."""
        host, port = found or self.hosts[0]
        return {"host": host, "port": port, "user": self.user or "", "database": self.database}


def target_of(config: Any) -> Target:
    """Of a configuration whose parts are valid. Options of a connection string stand above the fields' defaults."""
    if config.uri is None:
        return _target(config, ConnectionString(tuple(map(address, config.hosts)), False, None, None, None, {}))
    return _target(config, parse(config.uri.get_secret_value()))


def _target(config: Any, given: ConnectionString) -> Target:
    password: SecretStr | None = config.password
    mechanism = given.options.get("authmechanism", "").upper()
    return Target(
        hosts=given.hosts,
        srv=given.srv,
        database=config.database,
        user=config.user or given.user,
        password=password.get_secret_value() if password else given.password,
        auth_source=_auth_source(config, given),
        mechanism=mechanism if mechanism not in ("", "DEFAULT") else None,
        tls=_tls(config, given),
        tls_verify=config.tls_verify,
        ca_pem=config.ca_pem,
        replica_set=config.replica_set or given.options.get("replicaset"),
        direct=config.direct or bool(given.flag("directconnection")),
        preference=given.options.get("readpreference", "primarypreferred"),
        place_field="hosts" if config.uri is None else "uri",
        user_fields=("user", "password") if config.uri is None or config.user else ("uri",),
    )


def _tls(config: Any, given: ConnectionString) -> bool:
    named = given.flag("tls", "ssl")
    # "Initial DNS Seedlist Discovery": with SRV, TLS is on unless the string says otherwise.
    return bool(config.tls or (given.srv if named is None else named))


def _auth_source(config: Any, given: ConnectionString) -> str:
    """ "Connection String Spec": without authSource, the database of the string is the one that knows the user."""
    if "authsource" in given.options:
        return given.options["authsource"]
    if config.auth_source != ADMIN:
        return str(config.auth_source)
    return (given.user and not config.user and given.database) or ADMIN
