"""A PostgreSQL sample through psycopg."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.connectors.postgres.names import names_of
from core.connectors.snippets import CA_FILE, TIMEOUT_S, call, literal, program, value_of

READ_ONLY = """    connection.read_only = True  # the server itself refuses every change"""
SELECT = "sql.SQL('SELECT {} FROM {}')"
ROWS = """for row in rows:
    print(row)"""
ARGUMENTS = "    arguments = [Jsonb(value) if isinstance(value, dict) else value for value in {}]"
SEARCH_PATH = "    connection.execute(\"select set_config('search_path', quote_ident($1) || ', public', true)\", [{}])"
NEEDS = '"psycopg[binary]"'


def snippet(config: Mapping[str, Any], params: Mapping[str, Any], *, declared: bool) -> str:
    """Read-only, within a limit of time, rolled back. `declared` says that the statement can have a cursor."""
    imports = ["import psycopg"]
    if params.get("table"):
        imports.append("from psycopg import sql")
    if any(isinstance(value, dict) for value in params.get("args") or ()):
        imports.append("from psycopg.types.json import Jsonb")
    opened = call("with psycopg.connect", _connection(config)) + " as connection:"
    read = _selected(config, params) if params.get("table") else _stated(config, params, declared)
    return program(NEEDS, imports, "", opened, READ_ONLY, *read, "    connection.rollback()", "", ROWS)


def _connection(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    names = {"host": "host", "port": "port", "database": "dbname", "user": "user", "password": "password"}
    for ours, theirs in (names | {"sslmode": "sslmode"}).items():
        if config.get(ours) is not None:
            yield theirs, value_of(config, ours)
    if config.get("ca_pem"):
        yield "sslrootcert", CA_FILE
    limit_ms = int(float(config.get("timeout_s") or TIMEOUT_S) * 1000)
    yield "connect_timeout", "5"
    yield "options", literal(f"-c default_transaction_read_only=on -c statement_timeout={limit_ms}")
    yield "cursor_factory", "psycopg.RawCursor"


def _selected(config: Mapping[str, Any], params: Mapping[str, Any]) -> Iterator[str]:
    names = names_of(params["table"])
    schema = config.get("schema")
    names = (schema, *names) if schema and len(names) == 1 else names
    columns = "sql.SQL('*')"
    if params.get("columns"):
        columns = f"sql.SQL(', ').join(map(sql.Identifier, {literal(params['columns'], 1)}))"
    yield f"    table = sql.Identifier({', '.join(map(literal, names))})"
    yield f"    query = {SELECT}.format({columns}, table)"
    if params.get("where"):
        # The line ends keep a comment in the condition from swallowing anything.
        condition = "\n".join((" WHERE (", params["where"], ")"))
        yield f"    query += sql.SQL({literal(condition, 1)})"
    yield f"    query += sql.SQL(' LIMIT {{}}').format({_limit(params)})"
    yield "    rows = connection.execute(query).fetchall()"


def _stated(config: Mapping[str, Any], params: Mapping[str, Any], declared: bool) -> Iterator[str]:
    args = params.get("args")
    if config.get("schema"):
        yield SEARCH_PATH.format(value_of(config, "schema"))
    yield f"    query = {literal(params.get('sql') or '', 1)}"
    if args:
        plain = not any(isinstance(value, dict) for value in args)
        yield f"    arguments = {literal(args, 1)}" if plain else ARGUMENTS.format(literal(args, 1))
    given = "query, arguments" if args else "query"
    if not declared:
        yield f"    rows = connection.execute({given}).fetchmany({_limit(params)})"
        return
    yield "    # A cursor on the server: no more rows than these come over the network."
    yield "    with psycopg.RawServerCursor(connection, 'sample') as cursor:"
    yield f"        cursor.execute({given})"
    yield f"        rows = cursor.fetchmany({_limit(params)})"


def _limit(params: Mapping[str, Any]) -> str:
    return literal(params.get("limit", 100))
