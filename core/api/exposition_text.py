"""The figures of sources in Prometheus' text format, or OpenMetrics'.

Written here and not by the library: with 10,000 sources it needs 6 s of computing for what takes half a second when
the labels of a source are put together once. A test reads both and finds the same.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from core.metrics.buckets import BOUNDS_MS
from core.models import BreakerState, ExposedSource, Status

PREFIX = "cheshmeh_source"
BOUNDS = (*(f"{bound / 1000}" for bound in BOUNDS_MS), "+Inf")
"""The histogram's `le`, in seconds."""

Point = tuple[str, str, float]
"""What follows the family's name, labels beyond the source's own, the value."""


@dataclass(frozen=True, slots=True)
class Family:
    """A metric with its points of one source. `total` is a counter's suffix, empty for everything else."""

    name: str
    type: str
    help: str
    points: Callable[[ExposedSource], Iterable[Point]]

    @property
    def total(self) -> str:
        return "_total" if self.type == "counter" else ""


def _counter(name: str, help_text: str, read: Callable[[ExposedSource], int]) -> Family:
    return Family(f"{PREFIX}_{name}", "counter", help_text, lambda source: (("_total", "", read(source)),))


def _moment(name: str, help_text: str, read: Callable[[ExposedSource], datetime | None]) -> Family:
    def points(source: ExposedSource) -> Iterator[Point]:
        moment = read(source)
        if moment is not None:
            yield "", "", moment.timestamp()

    return Family(f"{PREFIX}_{name}_timestamp_seconds", "gauge", help_text, points)


def _attempts(source: ExposedSource) -> Iterator[Point]:
    return (("_total", f',outcome="{outcome}"', count) for outcome, count in source.attempts.items())


def _states(source: ExposedSource) -> Iterator[Point]:
    return (("", f',state="{state}"', int(state is source.state)) for state in BreakerState)


def _statuses(source: ExposedSource) -> Iterator[Point]:
    return (("", f',status="{status}"', int(status is source.status)) for status in Status)


def _latency(source: ExposedSource) -> Iterator[Point]:
    latency = source.latency
    for bound, count in zip(BOUNDS, (*latency.below, latency.total), strict=True):
        yield "_bucket", f',le="{bound}"', count
    yield "_count", "", latency.total
    yield "_sum", "", latency.sum_ms / 1000


FAMILIES = (
    _counter("calls", "Calls that were admitted.", lambda source: source.calls_total),
    _counter("errors", "Admitted calls that ended in an error of the source.", lambda source: source.errors_total),
    _counter("rejected", "Calls that the breaker refused; no part of the calls.", lambda source: source.rejected_total),
    Family(
        f"{PREFIX}_attempts",
        "counter",
        "Attempts by what they proved, of this process since it started; a call may take several.",
        _attempts,
    ),
    Family(f"{PREFIX}_state", "gauge", "The breaker: 1 for the state it is in.", _states),
    Family(f"{PREFIX}_status", "gauge", "What the source is: 1 for its present status.", _statuses),
    Family(f"{PREFIX}_latency_seconds", "histogram", "How long the last attempt of each admitted call took.", _latency),
    _moment("last_ok", "When a call last proved the source well.", lambda source: source.last_ok_ts),
    _moment("last_err", "When a call last ended in an error of the source.", lambda source: source.last_err_ts),
)


def text(sources: Iterable[ExposedSource], *, openmetrics: bool) -> str:
    """Every family with its sources, without the end mark that OpenMetrics wants."""
    labelled = [(source, _labels(source)) for source in sources]
    return "".join(part for family in FAMILIES for part in _family(family, labelled, openmetrics=openmetrics))


def _family(family: Family, labelled: Iterable[tuple[ExposedSource, str]], *, openmetrics: bool) -> Iterator[str]:
    # OpenMetrics names a counter's family without the suffix of its samples.
    name = family.name if openmetrics else family.name + family.total
    yield f"# HELP {name} {family.help}\n# TYPE {name} {family.type}\n"
    for source, labels in labelled:
        for suffix, more, value in family.points(source):
            yield f"{family.name}{suffix}{{{labels}{more}}} {value}\n"


def _labels(source: ExposedSource) -> str:
    return f'org="{source.org}",source="{source.id}",name="{escaped(source.name)}",kind="{escaped(source.kind)}"'


def escaped(value: str) -> str:
    """A label's value between its quotation marks."""
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
