"""GET /metrics: who may scrape what, under which names, and that the numbers are those of the calls."""

import gzip
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_plain

from core import __version__
from core.api.exposition_text import escaped, text
from core.metrics.buckets import BOUNDS_MS
from core.models import BreakerState, ExposedSource, LatencyCounts, Outcome, Role, Status
from tests.api.conftest import Org, Served
from tests.api.test_rights import problem
from tests.fakes import Step
from tests.people import add_token

METRICS = frozenset({"metrics"})
OWN = {"org", "source", "name", "kind"}
OF_A_SOURCE = {
    "cheshmeh_source_calls_total": OWN,
    "cheshmeh_source_errors_total": OWN,
    "cheshmeh_source_rejected_total": OWN,
    "cheshmeh_source_attempts_total": OWN | {"outcome"},
    "cheshmeh_source_state": OWN | {"state"},
    "cheshmeh_source_status": OWN | {"status"},
    "cheshmeh_source_latency_seconds_bucket": OWN | {"le"},
    "cheshmeh_source_latency_seconds_count": OWN,
    "cheshmeh_source_latency_seconds_sum": OWN,
    "cheshmeh_source_last_ok_timestamp_seconds": OWN,
    "cheshmeh_source_last_err_timestamp_seconds": OWN,
}


def token(served: Served, org: str | None, role: Role | None = None, scopes: frozenset[str] = METRICS) -> str:
    return add_token(served.product.runtime, org, role, scopes).token


def scrape(org: Org, bearer: str | None = None, **headers: str) -> Any:
    bearer = bearer or token(org.served, org.slug)
    answer = org.call("GET", "/metrics", role=None, headers={"Authorization": f"Bearer {bearer}", **headers})
    assert answer.status_code == 200, answer.text
    return answer


class Read:
    """The samples of a scrape by name and labels."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self.samples = [sample for family in families for sample in family.samples]

    def value(self, name: str, /, **labels: str) -> float:
        [value] = [s.value for s in self.samples if s.name == name and labels.items() <= s.labels.items()]
        return float(value)

    def values(self, name: str, label: str, /, **labels: str) -> dict[str, float]:
        return {s.labels[label]: s.value for s in self.samples if s.name == name and labels.items() <= s.labels.items()}

    def labels(self, name: str) -> set[str]:
        return {label for s in self.samples if s.name == name for label in s.labels}

    @property
    def sources(self) -> set[str]:
        return {s.labels["name"] for s in self.samples if "source" in s.labels}


def read(org: Org, bearer: str | None = None) -> Read:
    return Read(read_plain(scrape(org, bearer).text))


def ping(org: Org, source: Mapping[str, Any], *steps: Step) -> int:
    org.other_end.will(*steps, host=org.host(source["name"]))
    return int(org.call("POST", f"{source['id']}/ping").status_code)


def test_without_a_token_it_is_401(org: Org) -> None:
    problem(org.call("GET", "/metrics", role=None), 401, "unauthenticated")


@pytest.mark.parametrize("role", Role)
def test_no_role_includes_the_scope(org: Org, role: Role) -> None:
    told = problem(org.call("GET", "/metrics", role=role), 403, "forbidden")
    assert told["detail"] == "This needs a token with the scope metrics."


def test_the_token_of_this_machines_command_line_has_no_scope(org: Org) -> None:
    headers = {"Authorization": f"Bearer {org.served.product.runtime.local_token}"}
    problem(org.call("GET", "/metrics", role=None, headers=headers), 403, "forbidden")


@pytest.mark.parametrize("role", [None, Role.VIEWER])
def test_a_token_of_one_organisation_shows_that_one_alone(org: Org, foreign: Org, role: Role | None) -> None:
    org.add("mine")
    foreign.add("not mine")
    bearer = token(org.served, org.slug, role)
    assert read(org, bearer).sources == {"mine"}
    assert foreign.slug not in scrape(org, bearer).text


def test_a_token_over_all_organisations_shows_each_and_opens_nothing_else(org: Org, foreign: Org) -> None:
    org.add("mine")
    foreign.add("yours")
    bearer = token(org.served, None, scopes=frozenset())
    assert {"mine", "yours"} <= read(org, bearer).sources
    for one in (org, foreign):
        problem(one.call("GET", role=None, headers={"Authorization": f"Bearer {bearer}"}), 404, "not_found")


def test_a_scope_alone_opens_no_source(org: Org) -> None:
    headers = {"Authorization": f"Bearer {token(org.served, org.slug)}"}
    problem(org.call("GET", role=None, headers=headers), 404, "not_found")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_it_is_only_read(org: Org, method: str) -> None:
    problem(org.call(method, "/metrics"), 405, "method_not_allowed")


def test_paths_beside_it_are_pages(org: Org) -> None:
    assert org.call("GET", "/metrics-of-mine", role=None).status_code == 401


def test_names_and_labels_are_these(org: Org) -> None:
    source = org.add()
    ping(org, source, Step.OK)
    ping(org, source, Step.FAIL)
    found = read(org)
    named = {sample.name for sample in found.samples if sample.name.startswith("cheshmeh_source")}
    assert {name: found.labels(name) for name in named} == OF_A_SOURCE
    labels = {"org": org.slug, "source": source["id"], "name": "a source", "kind": "fake"}
    assert found.value("cheshmeh_source_calls_total", **labels) == 2
    assert found.value("cheshmeh_build_info", version=__version__) == 1
    assert found.value("cheshmeh_degraded", part="database") == 0
    assert found.value("process_start_time_seconds") > 0
    assert {"python_info", "python_gc_collections_total"} <= {sample.name for sample in found.samples}


def test_a_source_that_was_never_called_is_there_with_zeros(org: Org) -> None:
    org.add()
    found = read(org)
    for name in ("calls_total", "errors_total", "rejected_total", "latency_seconds_count", "latency_seconds_sum"):
        assert found.value(f"cheshmeh_source_{name}") == 0
    assert found.values("cheshmeh_source_status", "status") == {s: float(s is Status.UNKNOWN) for s in Status}
    assert "cheshmeh_source_last_ok_timestamp_seconds" not in {sample.name for sample in found.samples}


def test_counters_only_grow_and_refusals_are_no_calls(org: Org) -> None:
    source = org.add()
    counters = ("calls_total", "errors_total", "rejected_total", "latency_seconds_count")
    seen = []
    for step in (Step.OK, Step.FAIL, Step.FAIL, Step.OK):
        ping(org, source, step)
        found = read(org)
        seen.append(tuple(int(found.value(f"cheshmeh_source_{name}")) for name in counters))
    # The second failure opens the breaker inside its retries; the last ping is refused.
    assert seen == [(1, 0, 0, 1), (2, 1, 0, 2), (3, 2, 0, 3), (3, 2, 1, 3)]


def test_attempts_are_counted_by_what_they_proved(org: Org) -> None:
    source = org.add()
    ping(org, source, Step.OK)
    ping(org, source, Step.FAIL, Step.FAIL, Step.OK)
    ping(org, source, Step.SAYS_NO)
    attempts = read(org).values("cheshmeh_source_attempts_total", "outcome")
    assert attempts == {Outcome.OK: 2, Outcome.FAIL: 2, Outcome.REACHED: 1, Outcome.VOID: 0}


def test_state_and_status_are_one_for_the_present_and_zero_for_the_others(org: Org) -> None:
    source = org.add()
    for state, status, steps in (
        (BreakerState.CLOSED, Status.HEALTHY, [Step.OK]),
        (BreakerState.CLOSED, Status.ERROR, [Step.FAIL]),
        (BreakerState.OPEN, Status.SUSPENDED, [Step.FAIL]),
    ):
        ping(org, source, *steps)
        found = read(org)
        assert found.values("cheshmeh_source_state", "state") == {s: float(s is state) for s in BreakerState}
        assert found.values("cheshmeh_source_status", "status") == {s: float(s is status) for s in Status}
    org.call("POST", f"{source['id']}/breaker", json={"action": "force_open", "reason": "work"})
    assert read(org).value("cheshmeh_source_state", state="forced_open") == 1


def test_the_moments_are_those_of_the_source(org: Org) -> None:
    source = org.add()
    ping(org, source, Step.OK)
    ping(org, source, Step.FAIL)
    told, found = org.call("GET", f"{source['id']}/metrics").json(), read(org)
    for name in ("last_ok", "last_err"):
        seconds = found.value(f"cheshmeh_source_{name}_timestamp_seconds")
        assert _moment(told[f"{name}_ts"]) == pytest.approx(seconds, abs=1e-3)


def test_buckets_are_cumulative_and_end_with_every_call(org: Org) -> None:
    source = org.add()
    for _ in range(5):
        ping(org, source, Step.OK)
    found = read(org)
    buckets = found.values("cheshmeh_source_latency_seconds_bucket", "le")
    assert list(buckets) == [*(str(2**power / 1000) for power in range(2, 16)), "+Inf"]
    assert list(buckets.values()) == sorted(buckets.values())
    assert buckets["+Inf"] == found.value("cheshmeh_source_latency_seconds_count") == 5
    assert 0 < found.value("cheshmeh_source_latency_seconds_sum") < 5 * 32.768


def test_a_call_beyond_the_last_bound_is_in_the_last_bucket_alone() -> None:
    below = (*[1] * (len(BOUNDS_MS) - 1), 2)
    latency = LatencyCounts(below, 3, 40_000.5)
    states = Status.HEALTHY, BreakerState.CLOSED
    source = ExposedSource("o", uuid4(), "n", "fake", *states, 3, 0, 0, None, None, latency, {Outcome.OK: 3})
    found = Read(read_plain(text([source], openmetrics=False)))
    buckets = found.values("cheshmeh_source_latency_seconds_bucket", "le")
    assert list(buckets.values()) == [*below, 3]
    assert found.value("cheshmeh_source_latency_seconds_sum") == 40.0005


def test_a_scrape_calls_no_source(org: Org) -> None:
    org.add()
    scrape(org)
    assert not [host for _, host in org.other_end.requests if host.endswith(org.slug)]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8"),
        ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/html", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/plain;version=0.0.4;q=0.5,application/openmetrics-text", "text/plain; version=0.0.4; charset=utf-8"),
        (
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.2",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
        (
            "application/openmetrics-text; version=nonsense",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
    ],
)
def test_the_format_is_the_one_that_is_asked_for_first(org: Org, accept: str, kind: str) -> None:
    assert scrape(org, Accept=accept).headers["Content-Type"] == kind


def test_both_formats_say_the_same(org: Org) -> None:
    ping(org, org.add("well"), Step.OK)
    ping(org, org.add("down"), Step.FAIL)
    newer = Read(read_openmetrics(scrape(org, Accept="application/openmetrics-text").text))
    assert _of_sources(read(org)) == _of_sources(newer) != set()


def test_it_is_packed_for_whom_wants_it(org: Org) -> None:
    org.add("منبع")
    bearer = token(org.served, org.slug)
    headers = {"Authorization": f"Bearer {bearer}", "Accept-Encoding": "gzip"}
    answer = org.call("GET", "/metrics", role=None, headers=headers, stream=True)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "منبع" in gzip.decompress(answer.raw.read(decode_content=False)).decode()
    assert "Content-Encoding" not in scrape(org, bearer, **{"Accept-Encoding": "identity"}).headers


@pytest.mark.parametrize("name", ['say "no"', "back\\slash", "back\\nslash", "می‌روم ۱۲", "{a=b} 1", "end\\"])
def test_any_name_comes_through(org: Org, name: str) -> None:
    org.add(name, config={"host": "elsewhere"})
    assert read(org).sources == {name}
    assert Read(read_openmetrics(scrape(org, Accept="application/openmetrics-text").text)).sources == {name}


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")))
def test_what_is_escaped_is_read_as_it_was(value: str) -> None:
    [family] = read_plain(f'a{{b="{escaped(value)}"}} 1\n')
    assert family.samples[0].labels == {"b": value}


def _of_sources(found: Read) -> set[tuple[Any, ...]]:
    return {(s.name, *sorted(s.labels.items()), s.value) for s in found.samples if "source" in s.labels}


def _moment(told: str) -> float:
    return datetime.fromisoformat(told).timestamp()
