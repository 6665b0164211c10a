"""A GraphQL sample through gql."""

from collections.abc import Mapping
from typing import Any

from core.connectors.http.snippet import headers_of, options_of, query_of
from core.connectors.snippets import call, literal, program

IMPORTS = ("from gql import Client, GraphQLRequest", "from gql.transport.requests import RequestsHTTPTransport")
ANSWER = """client = Client(transport=transport, fetch_schema_from_transport=False)
data = client.execute(request)"""
ROWS = """rows = jsonpath_rfc9535.find({path}, data).values()
rows = rows[0] if len(rows) == 1 and isinstance(rows[0], list) else rows
for row in rows[:{limit}]:
    print(row)"""


def snippet(config: Mapping[str, Any], params: Mapping[str, Any]) -> str:
    """The document is one query: its variables are sent beside it."""
    asked = [("", literal(params["query"], 1)), ("variable_values", literal(params.get("variables") or None, 1))]
    request = call("request = GraphQLRequest", [*asked, ("operation_name", literal(params.get("operation_name")))])
    own, path = query_of(config), params.get("records_path")
    carried = [("", literal(config["endpoint"])), ("headers", "headers"), *options_of(config)]
    carried += [("params", f"[{own}]")] if own else []
    transport = call("transport = RequestsHTTPTransport", [*carried, ("allow_redirects", "False")])
    rows = ROWS.format(path=literal(path), limit=literal(params.get("limit", 100))) if path else "print(data)"
    imports = [*(["import jsonpath_rfc9535"] if path else []), *IMPORTS]
    needs = '"gql[requests]" jsonpath-rfc9535' if path else '"gql[requests]"'
    return program(needs, imports, f"headers = {headers_of(config)}", request, transport, ANSWER, rows)
