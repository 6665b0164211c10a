"""One run: sources with canaries everywhere, every failure of theirs, every way to ask for them."""

import json
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.redaction import MASK
from tests.canary.canaries import Canaries
from tests.canary.files import ENDINGS, text_of
from tests.canary.filled import PARAMS, Filled, filled
from tests.canary.peers import OF_KIND
from tests.canary.program import Program
from tests.servers.processes import HOST

BRIEFLY = os.environ.get("CHESHMEH_TEST_CANARY") != "whole"
"""`make canary` asks for every configuration at every peer."""

SOURCES = "/orgs/main/datasources"
AT_ONCE = 6
"""Fewer than the trials that an organisation may have under way."""

SPEECHLESS = ("silent", "refused", "reset", "tls")
"""Peers that hear no secret, or repeat none: one configuration of a kind is enough."""

WAYS = ("error", "answer", "defect")
LANGUAGES = ("fa", "en")
QUERIES = ("", "/health", "?q=x&limit=5", "?limit=0", "?cursor=x", "/ladder")


@dataclass
class Run:
    program: Program
    canaries: Canaries
    ids: dict[str, str] = field(default_factory=dict)
    """A source of each kind, of the one that leaks in each way: its id."""

    def sources(self, ports: dict[str, int], kinds: Iterable[str], *, briefly: bool = False) -> None:
        """Every configuration of these kinds at every peer, and the kind that leaks.

        `briefly`: each peer meets one configuration of a kind, the next one the next.
        """
        given = [*self._leaky(), *(each for kind in kinds for each in self._of_kind(kind, ports, briefly=briefly))]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            ids = [made for made in pool.map(self.source, range(len(given)), given) if made]
        assert len(ids) == len(given)

    def source(self, number: int, given: Filled) -> str | None:
        """The life of one source, from the trial of its configuration on."""
        language = {"Accept-Language": LANGUAGES[number % 2]}
        body = {"kind": given.kind, "config": given.config}
        self.program.call("POST", f"{SOURCES}/test", json=body, headers=language)
        answer = self.program.call("POST", SOURCES, json=body | {"name": f"{given.kind} {number}"}, headers=language)
        if answer.status_code != 201:
            return None
        uid = self.ids[given.config.get("way", given.kind)] = answer.json()["id"]
        for method, path, sent in _calls(given):
            self.program.call(method, f"{SOURCES}/{uid}{path}", json=sent, headers=language)
        self._refusals(given, uid, language)
        return str(uid)

    def rest(self) -> None:
        """What is asked about all of them."""
        for path in (
            "/metrics",
            "/healthz",
            "/readyz",
            "/api/openapi.json",
            *(f"{SOURCES}{query}" for query in QUERIES),
        ):
            self.program.call("GET", path)
        for media in ("application/json", "text/csv"):
            assert self.program.call("GET", "/orgs/main/audit?limit=1000", headers={"Accept": media}).ok
        self.program.call("POST", f"{SOURCES}/ping")
        for verb, *more in (("list",), ("ping", "leaky 0"), ("diagnose", "leaky 1")):
            self.program.command("sources", verb, "--org", "main", *more)
        self.program.command("audit", "--org", "main", "--csv")
        for ending in ENDINGS:
            self._taken_along(self.program.folder / f"taken.{ending}")

    def _taken_along(self, file: Path) -> None:
        self.program.command("sources", "sample", "--org", "main", "leaky 1", "--params", "{}", "--out", str(file))
        self.program.said[f"file {file.name}"] = found = text_of(file.name, file.read_bytes())
        assert MASK in found  # what it says of itself is there, masked

    def leaks(self) -> dict[str, set[str]]:
        """Where something was found: what was said, what is kept."""
        texts: dict[str, str | bytes] = {**self.program.said, **self.program.kept()}
        found = {where: self.canaries.found(text, _allowed(where)) for where, text in texts.items()}
        return {where: names for where, names in found.items() if names}

    def _leaky(self) -> Iterator[Filled]:
        for way in WAYS:
            config = {"way": way, "password": self.canaries.new(f"leaky.password ({way})")}
            yield Filled("leaky", config, frozenset(("password",)))

    def _of_kind(self, kind: str, ports: dict[str, int], *, briefly: bool) -> Iterator[Filled]:
        for number, peer in enumerate(OF_KIND[kind]):

            def secret(what: str, peer: str = peer) -> str:
                return self.canaries.new(f"{what} at {peer}")

            found = list(filled(kind, HOST, ports[peer], secret, tls=peer == "tls"))
            turn = number % len(found)
            yield from found[turn : turn + 1] if briefly or peer in SPEECHLESS else found

    def _refusals(self, given: Filled, uid: str, language: dict[str, str]) -> None:
        """Wrong input, with the secrets in it."""
        patch = {"timeout_s": "x", "no_such": given.config, "way": "nowhere"}
        for config in (patch, {"way": "nowhere"}, {**given.config, "timeout_s": [given.config]}, [given.config]):
            self.program.call("PATCH", f"{SOURCES}/{uid}", json={"config": config}, headers=language)
        self.program.call("POST", SOURCES, data=json.dumps(given.config)[:-1], headers=language)
        self.program.call("POST", SOURCES, json={"kind": given.config, "name": "x", "config": given.config})
        self.program.call("POST", f"{SOURCES}/{uid}/breaker", json={"action": given.config, "reason": "x"})
        self.program.call("POST", f"{SOURCES}/test", json={"dsn": f"postgres://u:{self.canaries.new('dsn')}@h:x/d"})


def _calls(given: Filled) -> Iterator[tuple[str, str, Any]]:
    for _ in range(2):
        yield "POST", "/ping", None
        yield "POST", "/sample", {"params": PARAMS[given.kind]}
    yield "POST", "/diagnose", None
    for path in ("", "/catalog", "/metrics", "/history", "/events", "/ladder", "/incidents"):
        yield "GET", path, None
    yield "POST", "/sample", {"params": {"no_such": 1, "limit": "x"}}
    yield "POST", "/breaker", {"action": "reset", "reason": "again"}
    yield "POST", "/ping", None


def _allowed(where: str) -> tuple[str, ...]:
    """Where one of them belongs: every other place is a leak."""
    if where == "standard output":
        return ("sign-in link",)
    return ("local token",) if Path(where).name == "server.json" else ()


def watch_local_token(run: Run) -> None:
    """While the dashboard runs."""
    with suppress(OSError):
        told = json.loads((run.program.data_dir / "server.json").read_text("utf-8"))
        run.canaries.watch("local token", told["token"])
