"""The examples of the interface's document, asked again of a running product.

`CHESHMEH_TEST_RECORD=1 pytest tests/api/test_examples.py` writes the answers down anew. What is asked stands in
`core/api/examples.json` and is written by hand.
"""

import json
import re
from typing import Any

from core.api.openapi import EXAMPLES
from core.api.operations import NDJSON, OPERATIONS
from core.models import Role
from tests.api.conftest import Org
from tests.people import add_token

ID = "0c6f6a0e-4b52-4b5e-9c0b-3f5c7f3a8d11"
QUERY_ID = "5b1d0c2e-8a3f-4f0e-9d55-2f6f0a4c7e19"
BASE_URL, SECRET, ORG = "http://planes.example.com", "secret", "demo"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOMENT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
TAG = re.compile(r'"(\d+)-[0-9a-f]{12}"')
MEASURED = ("ms", "latency_ms", "elapsed_ms", "avg_latency_ms", "p95_ms", "p50_ms", "p99_ms", "avg_ms")
HEADERS = ("Content-Type", "ETag", "Location", "Retry-After", "WWW-Authenticate")


class Replay:
    """Asks for what the examples ask for, one after the other, in an organisation that begins empty."""

    def __init__(self, org: Org, base_url: str, secret: str) -> None:
        self._org, self._id, self._query = org, ID, QUERY_ID
        self._there = {BASE_URL: base_url, f'"token": "{SECRET}"': f'"token": "{secret}"'}

    def ask(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """The answer in the words of the document: `status`, `headers`, `body`."""
        method, path = next(key for key, each in OPERATIONS.items() if each.id == operation)
        asked = json.loads(self._outward(json.dumps(request)))
        answer = self._org.call(
            method.upper(),
            path.format(org_id=self._org.slug, ds_id=self._id, query_id=self._query),
            None if asked.get("anonymous") else Role[asked.get("role", "admin").upper()],
            params=asked.get("query"),
            headers=asked.get("headers", {}) | self._scoped(asked.get("scope")),
            **({"json": asked["body"]} if "body" in asked else {}),
        )
        if operation == "create_source" and answer.status_code == 201:
            self._id = answer.json()["id"]
        if operation == "save_query" and answer.status_code == 201:
            self._query = answer.json()["id"]
        told: dict[str, Any] = {"status": answer.status_code, "headers": {}}
        told["headers"] = {name: answer.headers[name] for name in HEADERS if name in answer.headers}
        media = answer.headers.get("Content-Type", "")
        if media == NDJSON:
            told["body"] = answer.text
        elif "json" in media:
            told["body"] = answer.json()
        inward: dict[str, Any] = json.loads(self._inward(json.dumps(told, ensure_ascii=False)))
        return inward

    def _scoped(self, scope: str | None) -> dict[str, str]:
        if scope is None:
            return {}
        made = add_token(self._org.served.product.runtime, self._org.slug, scopes=frozenset({scope}))
        return {"Authorization": f"Bearer {made.token}"}

    def _outward(self, text: str) -> str:
        for shown, real in self._there.items():
            text = text.replace(shown, real)
        return text.replace(ID, self._id).replace(QUERY_ID, self._query)

    def _inward(self, text: str) -> str:
        for shown, real in self._there.items():
            text = text.replace(real, shown)
        address = self._there[BASE_URL].removeprefix("http://")
        text = text.replace(self._query, QUERY_ID).replace(address, BASE_URL.removeprefix("http://"))
        return text.replace(self._id, ID).replace(f"/{self._org.slug}/", f"/{ORG}/").replace(self._org.slug, ORG)


def plain(value: Any, name: str = "") -> Any:
    """Without what is different each time: ids, moments, digests, what was measured, and what a ladder saw."""
    if isinstance(value, dict):
        return {key: plain(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each, name) for each in value]
    if name == "next_cursor" or (isinstance(value, float) and name in MEASURED):
        return None if value is None else "measured"
    if isinstance(value, str):
        text = TAG.sub(r"\1", MOMENT.sub("moment", UUID.sub("id", value)))
        text = re.sub(r'"(\w*ms)": [\d.]+', r'"\1": 0', text)
        return "seen" if name == "evidence" else text
    return value


def read() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = json.loads(EXAMPLES.read_text("utf-8"))
    return found


def write(examples: dict[str, list[dict[str, Any]]]) -> None:
    EXAMPLES.write_text(json.dumps(examples, ensure_ascii=False, indent=1) + "\n", "utf-8")
