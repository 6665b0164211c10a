"""What the pages say of breaker, retries and limits is what the code does."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from core.connectors.base import Connector, ConnectorConfig
from core.connectors.registry import registry
from core.errors import BreakerOpen
from core.models import BreakerConfig, BreakerState, Outcome
from core.resilience.breaker import Breaker
from core.resilience.deadline import HARD_CAP_S, SERVER_MARGIN_S
from core.resilience.retry import RetryPolicy

DOCS = Path(__file__).resolve().parents[2] / "docs"
STATES = {state.name for state in BreakerState}
GROUP = {"counting": ("CLOSED", "OPEN", "HALF_OPEN")}
"""The diagram's one name for several states."""
EVENTS = ("force_open", "disable", "reset", "acquire", "FAIL", "OK", "REACHED", "VOID")
OPEN_S, LEASE_S = 30.0, 11.0

Transition = tuple[str, str, str]
"""State before, event, state after."""


class Driven:
    """A breaker that opens at the second failure in a row, led into a state under a clock of its own."""

    def __init__(self, state: str) -> None:
        self.now = 0.0
        self.breaker = Breaker(BreakerConfig(2, OPEN_S), lease_s=LEASE_S, clock=lambda: self.now)
        self.permit = self.breaker.acquire()
        if state in ("OPEN", "HALF_OPEN"):
            for _ in range(2):
                self.breaker.settle(self.breaker.acquire(), Outcome.FAIL)
        if state == "HALF_OPEN":
            self.now = OPEN_S
            self.permit = self.breaker.acquire()
        if state == "FORCED_OPEN":
            self.breaker.force_open()
        if state == "DISABLED":
            self.breaker.disable()
        assert self.state == state

    @property
    def state(self) -> str:
        return self.breaker.state.name

    def does(self, event: str) -> str:
        """The state after it."""
        match event:
            case "force_open" | "disable" | "reset":
                getattr(self.breaker, event)()
            case "acquire":
                with suppress(BreakerOpen):
                    self.breaker.acquire()
            case _:
                self.breaker.settle(self.permit, Outcome[event])
        return self.state


def transitions() -> Iterator[Transition]:
    """Every one that the breaker makes: of each state by each event, early and late, and of a second failure."""
    for state in STATES:
        for event in EVENTS:
            for later in (0.0, OPEN_S, OPEN_S + LEASE_S):
                driven = Driven(state)
                driven.now += later
                yield state, event, driven.does(event)
    once_failed = Driven("CLOSED")
    once_failed.breaker.settle(once_failed.breaker.acquire(), Outcome.FAIL)
    yield "CLOSED", "FAIL", once_failed.does("FAIL")


def drawn() -> set[Transition]:
    """The arrows of the diagram, one for each event that its words name before the slash."""
    found: set[Transition] = set()
    for before, after, words in re.findall(r"^  (\w+) --> (\w+): (.+)$", diagram(), re.MULTILINE):
        events = [event for event in EVENTS if re.search(rf"\b{event}\b", words.partition("/")[0])]
        assert events, words
        found |= {(state, event, after) for event in events for state in GROUP.get(before, (before,))}
    return found


def diagram() -> str:
    text = (DOCS / "Architecture.md").read_text("utf-8")
    return text.partition("stateDiagram-v2")[2].partition("```")[0]


def test_every_arrow_of_the_diagram_is_a_transition_of_the_breaker() -> None:
    assert drawn() <= set(transitions())


def test_every_change_of_state_has_its_arrow() -> None:
    changing = {step for step in transitions() if step[0] != step[2]}
    assert changing <= drawn()


def test_the_diagram_has_the_default_numbers() -> None:
    defaults = BreakerConfig()
    assert f"the {defaults.failure_threshold}th FAIL" in diagram()
    assert set(re.findall(r"(\d+) s\b", diagram())) == {f"{defaults.timeout_seconds:g}"}


def test_the_record_of_the_decision_has_the_defaults_of_the_code() -> None:
    record = (DOCS / "Decisions.md").read_text("utf-8").partition("## ADR-0004")[2].partition("\n## ")[0]
    retry, breaker = RetryPolicy(), BreakerConfig()
    assert f"`retries={retry.retries}, base_ms={retry.base_ms:g}, max_ms={retry.max_ms:g}`" in record
    assert f"`failure_threshold={breaker.failure_threshold}, timeout_seconds={breaker.timeout_seconds:g}`" in record


def limits_told() -> dict[str, dict[str, float]]:
    """Seconds by kind and step, as Security.md has them."""
    table = (DOCS / "Security.md").read_text("utf-8").partition("## Timeouts")[2].partition("\n## ")[0]
    head, *rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in re.findall(r"^\|.*\|$", table, re.MULTILINE)
    ]
    kinds = [re.findall(r"`(\w+)`", cell) for cell in head[1:]]
    told: dict[str, dict[str, float]] = {}
    for step, *cells in rows[1:]:
        for names, cell in zip(kinds, cells, strict=True):
            for name in names:
                told.setdefault(name, {})[step] = float(cell)
    return told


@pytest.mark.parametrize(("name", "kind"), sorted(registry.discover().kinds.items()))
def test_the_timeouts_of_a_kind_are_the_codes_own(name: str, kind: type[Connector]) -> None:
    limits = kind.limits
    assert limits_told()[name] == {
        "connect": limits.connect,
        "one attempt": limits.attempt,
        "a sample, all attempts": limits.sample,
        "a ping, all attempts": limits.ping,
        "anything": HARD_CAP_S,
    }


def test_the_bounds_of_a_sources_own_timeout_and_the_servers_margin_are_told() -> None:
    section = (DOCS / "Security.md").read_text("utf-8").partition("## Timeouts")[2].partition("\n## ")[0]
    schema = ConnectorConfig.model_json_schema()["properties"]["timeout_s"]["anyOf"][0]
    assert f"`timeout_s` ({schema['minimum']:g}–{schema['maximum']:g})" in section
    assert f"{SERVER_MARGIN_S:g} s shorter" in section
    defaults = BreakerConfig()
    assert f"{defaults.failure_threshold} failures in a row open it for {defaults.timeout_seconds:g} s" in section
