"""A running dashboard, spoken to over HTTP, so that breakers and figures are shared with it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from core.cli.output import words
from core.errors import CheshmehError
from core.models import Message
from core.presence import Presence, find

LIMIT_S = (5.0, 75.0)
"""Seconds to connect and between two bytes: above the hard cap of any call."""


class RemoteError(CheshmehError):
    """What the dashboard answered, in its own words."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__()
        self.code = str(problem.get("code", "internal"))  # type: ignore[misc]  # the server's code, not this class's
        self._detail = str(problem.get("detail", ""))
        self._problem = problem

    @property
    def message(self) -> Message:
        fields = "; ".join(f"{e['field']}: {e['message']}" for e in self._problem.get("errors", []))
        return Message.literal(f"{self._detail} {fields}".strip())


class Remote:
    """The routes that the command line needs. Raises RemoteError."""

    def __init__(self, presence: Presence) -> None:
        self._url = presence.url
        self._session = requests.Session()
        self._session.trust_env = False
        self._headers = {"Authorization": f"Bearer {presence.token}", "Accept-Language": words().lang}

    def answers(self) -> bool:
        """Whether a dashboard is really there; the token is not shown before that is known."""
        try:
            answer = self._session.get(f"{self._url}/healthz", timeout=LIMIT_S, allow_redirects=False)
            return bool(answer.json() == {"status": "ok"})
        except requests.RequestException:
            return False

    def source_id(self, org: str, name: str) -> str:
        found = self._call("GET", f"{_base(org)}/health").json()["datasources"]
        for source in found:
            if name in (source["name"], source["id"]):
                return str(source["id"])
        raise RemoteError({"code": "not_found", "detail": words().text("error.not_found.source", name=name)})

    def ping(self, org: str, source_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._call("POST", f"{_base(org)}/{source_id}/ping").json()
        return answer

    def sample(self, org: str, source_id: str, params: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._call("POST", f"{_base(org)}/{source_id}/sample", {"params": params}).json()
        return answer

    def set_breaker(self, org: str, source_id: str, action: str, reason: str) -> dict[str, Any]:
        order = {"action": action, "reason": reason}
        source: dict[str, Any] = self._call("POST", f"{_base(org)}/{source_id}/breaker", order).json()
        return source

    def diagnose(self, org: str, source_id: str) -> Iterator[dict[str, Any]]:
        """Each rung as it is climbed, then a summary."""
        answer = self._call("POST", f"{_base(org)}/{source_id}/diagnose", accept="application/x-ndjson")
        yield from map(json.loads, answer.iter_lines(chunk_size=1))

    def ping_all(self, org: str) -> list[dict[str, Any]]:
        lines = map(json.loads, self._call("POST", f"{_base(org)}/ping").iter_lines())
        return [line for line in lines if line["type"] == "result"]

    def _call(self, method: str, path: str, body: Any = None, accept: str = "*/*") -> requests.Response:
        headers = self._headers | {"Accept": accept}
        url, streamed = self._url + path, accept != "*/*"
        answer = self._session.request(method, url, json=body, headers=headers, timeout=LIMIT_S, stream=streamed)
        if not answer.ok:
            raise RemoteError(answer.json())
        return answer


def running(data_dir: Path) -> Remote | None:
    """The dashboard of this data directory, when one runs."""
    presence = find(data_dir)
    # After a crash the number of the dead process may by now be another one's.
    remote = Remote(presence) if presence else None
    return remote if remote and remote.answers() else None


def _base(org: str) -> str:
    return f"/orgs/{quote(org, safe='')}/datasources"
