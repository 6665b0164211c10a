"""A dashboard as the holder of a token sees it: each method is one route."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any
from urllib.parse import quote

from . import answers
from .answers import NDJSON, Json
from .carrier import Carrier
from .errors import ClientError
from .source import Source

TIMEOUT_S = 75.0
"""Above the time that any call of a source may take."""
PAGE_MAX = 500


class Client:
    """One dashboard, as the holder of a token.

    `url` is where it is reached, `lang` (`fa` or `en`) the language of its sentences, `timeout` the longest silence in
    seconds, `ca_file` the certificates of an authority of your own. Proxies and authorities of the environment
    (`HTTPS_PROXY`, `REQUESTS_CA_BUNDLE`) count unless `trust_env` is false, never for this machine itself; a `.netrc`
    never does. Certificates are always checked, redirects never followed, and plain http:// goes only to this machine
    unless `insecure`. Nothing is tried twice.

    Every method raises ApiError for what the server refuses and ClientError for all else that goes wrong.
    Closing an iterator ends the call: the server stops working on it.
    """

    def __init__(
        self,
        url: str,
        token: str,
        lang: str = "en",
        timeout: float = TIMEOUT_S,
        *,
        ca_file: str | None = None,
        insecure: bool = False,
        trust_env: bool = True,
    ) -> None:
        self._carrier = Carrier(url, token, lang, timeout, ca_file, insecure, trust_env)

    def __repr__(self) -> str:
        return f"Client({self._carrier.url!r})"

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connections."""
        self._carrier.close()

    def alive(self) -> bool:
        """Whether a dashboard answers there; the token is not shown for it."""
        try:
            return answers.parsed(self._carrier.send("GET", "/healthz", nameless=True)) == {"status": "ok"}
        except ClientError:
            return False

    def ready(self) -> Json:
        """`status`, one of `ok`, `degraded` and `unavailable`, and its `parts`."""
        return answers.parsed(self._carrier.send("GET", "/readyz", also=503), "status")

    def list(
        self,
        org: str,
        *,
        kind: str | None = None,
        status: str | None = None,
        tag: str | None = None,
        q: str | None = None,
        page_size: int = PAGE_MAX,
    ) -> Iterator[Json]:
        """Sources in the order of their creation, page by page; `q` holds words that each has somewhere."""
        wanted = {"kind": kind, "status": status, "tag": tag, "q": q, "limit": page_size}
        return self._pages(_sources(org), wanted)

    def get(self, org: str, ds_id: str) -> Source:
        """One source; a secret of its `config` is `{"set": true}`."""
        return answers.source(self._carrier.send("GET", _sources(org, ds_id)))

    def create(self, org: str, source: Mapping[str, Any], *, idempotency_key: str | None = None) -> Source:
        """A new source of `{kind, name, config, …}`; with the same key within 24 h the first answer again."""
        key = {"Idempotency-Key": idempotency_key}
        return answers.source(self._carrier.send("POST", _sources(org), source, key))

    def test(self, org: str, kind: str, config: Mapping[str, Any], *, ds_id: str | None = None) -> Json:
        """Tries a configuration without saving it: `ok`, `message`, `checks`, `latency_ms`.

        With `ds_id` a secret left as `{"set": true}` is that source's.
        """
        body = {"kind": kind, "config": config} | ({} if ds_id is None else {"ds_id": ds_id})
        return self._json("POST", f"{_sources(org)}/test", "ok", "message", "checks", body=body)

    def update(
        self, org: str, ds_id: str, changes: Mapping[str, Any], *, if_match: str | None = None, verify: bool = False
    ) -> Source:
        """Merges what is given; a secret left out is kept, None clears it.

        With the `etag` of `get` as `if_match` it changes only what was seen: ApiError 412 when someone was faster.
        With `verify` a changed configuration is tried first: ApiError `unproven` when it does not work.
        """
        path = _sources(org, ds_id) + ("?verify=true" if verify else "")
        return answers.source(self._carrier.send("PATCH", path, changes, {"If-Match": if_match}))

    def delete(self, org: str, ds_id: str, *, if_match: str | None = None) -> None:
        """Deletes a source with its figures and events."""
        self._carrier.send("DELETE", _sources(org, ds_id), None, {"If-Match": if_match})

    def ping(self, org: str, ds_id: str) -> Json:
        """`ok`, `message`, `latency_ms`, …; a source that is down is an answer, a breaker that refuses ApiError 503."""
        return self._json("POST", f"{_sources(org, ds_id)}/ping", "ok", "message")

    def ping_all(self, org: str) -> Iterator[Json]:
        """A line a source as its answer comes (`type` `result`), then the `summary`.

        Raises ClientError `cut_off` when the lines end without it.
        """
        return self._lines(f"{_sources(org)}/ping")

    def sample(self, org: str, ds_id: str, params: Mapping[str, Any]) -> Json:
        """Real data, bounded and read-only: `columns`, `rows`, `truncated`, …; `params` as the kind takes them."""
        return self._json("POST", f"{_sources(org, ds_id)}/sample", "columns", "rows", "notes", body={"params": params})

    def diagnose(self, org: str, ds_id: str) -> Iterator[Json]:
        """A line a rung as it is climbed (`type` `check`), then the `summary`. Raises as `ping_all` does."""
        return self._lines(f"{_sources(org, ds_id)}/diagnose")

    def catalog(self, org: str, ds_id: str, path: str = "", *, fresh: bool = False) -> Json:
        """What can be sampled below `path`: `entries`, since when they are remembered, `changes` since the last look.

        `fresh` asks the source now, however young what is remembered.
        """
        query = {"path": path, "fresh": "true" if fresh else None}
        return self._json("GET", f"{_sources(org, ds_id)}/catalog", "entries", query=query)

    def metrics(self, org: str, ds_id: str) -> Json:
        """The seven figures."""
        return self._json("GET", f"{_sources(org, ds_id)}/metrics", "state")

    def history(
        self,
        org: str,
        ds_id: str,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        step: str | int | None = None,
    ) -> Json:
        """Calls, failures and latencies over time; by default the last 24 h. `step`: `5m`, `1h`, `1d` or seconds."""
        query = {"from": _moment(since), "to": _moment(until), "step": step}
        return self._json("GET", f"{_sources(org, ds_id)}/history", "buckets", query=query)

    def set_breaker(self, org: str, ds_id: str, action: str, reason: str) -> Source:
        """`force_open` refuses every call, `disable` lets every one through, `reset` returns to normal."""
        order = {"action": action, "reason": reason}
        return answers.source(self._carrier.send("POST", f"{_sources(org, ds_id)}/breaker", order))

    def health(self, org: str) -> Json:
        """Counts by status and every source, from stored state."""
        return self._json("GET", f"{_sources(org)}/health", "datasources")

    def audit(
        self,
        org: str,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        *,
        page_size: int = PAGE_MAX,
    ) -> Iterator[Json]:
        """What was done in an organisation, newest first, page by page; `until` itself is not in it."""
        wanted = {"since": _moment(since), "until": _moment(until), "limit": page_size}
        return self._pages(f"/orgs/{quote(org, safe='')}/audit", wanted)

    def _pages(self, path: str, wanted: Mapping[str, Any]) -> Iterator[Json]:
        items, cursor = answers.page(self._carrier.send("GET", path, query=wanted))
        yield from items
        while cursor is not None:
            items, cursor = answers.page(self._carrier.send("GET", path, query={**wanted, "cursor": cursor}))
            yield from items

    def _json(
        self,
        method: str,
        path: str,
        *members: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Json:
        return answers.parsed(self._carrier.send(method, path, body, query=query), *members)

    def _lines(self, path: str) -> Iterator[Json]:
        # The call is made now and read later: a refusal is not put off until somebody looks.
        return answers.lines(self._carrier.send("POST", path, headers={"Accept": NDJSON}, stream=True))


def _sources(org: str, ds_id: str | None = None) -> str:
    base = f"/orgs/{quote(org, safe='')}/datasources"
    return base if ds_id is None else f"{base}/{quote(str(ds_id), safe='')}"


def _moment(value: datetime | str | None) -> str | None:
    return value.isoformat() if isinstance(value, datetime) else value
