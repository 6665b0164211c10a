"""Prometheus' own query language over scrapes that a test keeps: `tests/servers/promql` around its engine."""

import json
import math
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.servers.processes import program

VERSION = "v0.313.5-1"
MISSING = "no PromQL engine: `make servers` builds it"
LIMIT_S = 60

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Scrape:
    """What a target answered at a moment (Unix seconds); `text` is None when it did not."""

    at: float
    text: str | None
    content_type: str = "text/plain; version=0.0.4"
    labels: Labels = field(default_factory=lambda: {"job": "cheshmeh", "instance": "127.0.0.1:8501"})


@dataclass(frozen=True)
class Series:
    """Values by their moment."""

    labels: Labels
    values: Mapping[float, float]

    @property
    def last(self) -> float:
        return self.values[max(self.values)]

    def has(self, labels: Labels) -> bool:
        return labels.items() <= self.labels.items()


@dataclass(frozen=True)
class Result:
    """`error` is empty when the expression could be read and worked out."""

    query: str
    error: str
    series: tuple[Series, ...]


@dataclass(frozen=True)
class Rule:
    """An alert; it fires for a series of its expression that has been there for `for_s`."""

    alert: str
    for_s: float
    labels: Labels
    annotations: Labels
    result: Result

    def firing(self, end: float, step: float) -> list[Labels]:
        """The labels it fires with at the end of a stretch that was looked at every `step`."""
        wanted = [end - step * back for back in range(math.ceil(self.for_s / step) + 1)]
        return [series.labels for series in self.result.series if all(at in series.values for at in wanted)]


@dataclass(frozen=True)
class Answer:
    queries: tuple[Result, ...]
    rules: tuple[Rule, ...]
    rule_errors: tuple[str, ...]


@dataclass(frozen=True)
class PromQL:
    binary: Path

    @property
    def version(self) -> str:
        told = subprocess.run([self.binary, "--version"], capture_output=True, text=True, check=True, timeout=LIMIT_S)
        return told.stdout.split()[-1]

    def ask(
        self,
        scrapes: Sequence[Scrape],
        queries: Iterable[str] = (),
        *,
        rules: str = "",
        start: float,
        end: float,
        step: float,
    ) -> Answer:
        """Works out every query, and every rule of a rule file, at each step. Raises for scrapes it cannot read."""
        asked = {"scrapes": [asdict(scrape) for scrape in scrapes], "queries": list(queries), "rules": rules}
        stretch = {"start": start, "end": end, "step": step}
        ended = subprocess.run(
            [self.binary],
            input=json.dumps(asked | stretch),
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_S,
        )
        if ended.returncode:
            raise ValueError(ended.stderr)
        told = json.loads(ended.stdout)
        found = (Rule(**{**rule, "result": _result(rule["result"])}) for rule in told["rules"])
        return Answer(tuple(map(_result, told["queries"])), tuple(found), tuple(told["rule_errors"]))


def engine() -> Path | None:
    return program("promql", VERSION)


def _result(told: Mapping[str, object]) -> Result:
    return Result(str(told["query"]), str(told["error"]), tuple(_series(told["series"])))


def _series(told: object) -> Iterator[Series]:
    assert isinstance(told, list)
    for each in told:
        yield Series(each["labels"], {at: float(value) for at, value in each["values"]})
