"""A REST sample through requests."""

from collections.abc import Mapping
from typing import Any

from yarl import URL

from core.connectors.http.snippet import headers_of, options_of, query_of
from core.connectors.rest.service import pairs_of, url_of
from core.connectors.snippets import call, literal, program

GET = "# One GET; the credentials follow it nowhere else."
ROWS = """for row in rows[:{limit}] if isinstance(rows, list) else [rows]:
    print(row)"""


def snippet(config: Mapping[str, Any], params: Mapping[str, Any]) -> str:
    url = url_of(URL(config["base_url"]), params.get("path") or "/")
    path = params.get("records_path") or config.get("records_path")
    own = query_of(config)
    pairs = ", ".join(filter(None, [*(literal(pair) for pair in pairs_of(params.get("query") or {})), own]))
    arguments = [("", literal(str(url))), ("params", f"[{pairs}]"), ("headers", "headers"), *options_of(config)]
    sent = call("response = requests.get", [*arguments, ("allow_redirects", "False")])
    read = f"rows = jsonpath_rfc9535.find({literal(path)}, response.json()).values()" if path else ""
    inner = "rows = rows[0] if len(rows) == 1 and isinstance(rows[0], list) else rows" if path else ""
    imports = [*(["import jsonpath_rfc9535"] if path else []), "import requests"]
    rows = ROWS.format(limit=literal(params.get("limit", 100)))
    headers = f"headers = {headers_of(config)}"
    answer = read or "rows = response.json()"
    needs = "requests jsonpath-rfc9535" if path else "requests"
    return program(needs, imports, headers, GET, sent, "response.raise_for_status()", answer, inner, rows)
