"""Which chart to begin with, by what the columns hold."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from core.models import Sample
from core.profiles.column import DAYS, NUMBERS
from core.profiles.numbers import real, seconds

KINDS = ("line", "bar", "scatter", "histogram")
AGGREGATES = ("none", "count", "sum", "mean", "min", "max")
WORDS = frozenset({"string", "boolean", "uuid", "mixed"})
GROUPS_MAX = 50
"""Distinct words up to which a column sorts the rows into groups."""

_KEY = re.compile(r"(?:^|_)(?:id|code|key|zip)$|شناسه|(?:^|\s)کد(?:\s|$)", re.IGNORECASE)


class Role(StrEnum):
    """What a column is in a chart."""

    NUMBER = "number"
    TIME = "time"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class Plot:
    """Columns by their places. A histogram has only `x`; counting needs no `ys`."""

    kind: str
    x: int
    ys: tuple[int, ...] = ()
    colour: int | None = None
    aggregate: str = "none"


def role_of(sample: Sample, index: int) -> Role | None:
    """None for a column that no chart takes: nested, binary, empty."""
    kind, values = sample.columns[index].type, (row[index] for row in sample.rows)
    if kind in NUMBERS:
        return Role.NUMBER if any(real(value) is not None for value in values) else None
    if kind in DAYS:
        return Role.TIME if any(seconds(value) is not None for value in values) else None
    return Role.WORD if kind in WORDS and any(value is not None for value in values) else None


def drawable(sample: Sample) -> dict[int, Role]:
    """The columns that a chart takes, by their places."""
    found = {index: role_of(sample, index) for index in range(len(sample.columns))}
    return {index: role for index, role in found.items() if role is not None}


def suggested(sample: Sample) -> Plot | None:
    """Numbers over time as a line, words with their counts as bars, two numbers as points, one as a histogram.

    Numbers that name something (`id`) are drawn only where there is nothing else. None where nothing can be drawn.
    """
    roles = drawable(sample)
    times = [index for index, role in roles.items() if role is Role.TIME]
    numbers = [index for index, role in roles.items() if role is Role.NUMBER and not _names(sample, index)]
    if times and numbers:
        repeated = len({str(row[times[0]]) for row in sample.rows}) < len(sample.rows)
        return Plot("line", times[0], (numbers[0],), aggregate="mean" if repeated else "none")
    words = [index for index, role in roles.items() if role is Role.WORD and _groups(sample, index)]
    if words:
        return Plot("bar", words[0], aggregate="count")
    if len(numbers) > 1:
        return Plot("scatter", numbers[0], (numbers[1],))
    return _one(numbers, times, (index for index, role in roles.items() if role is Role.NUMBER))


def _one(*choices: Iterable[int]) -> Plot | None:
    first = next((index for choice in choices for index in choice), None)
    return None if first is None else Plot("histogram", first)


def _names(sample: Sample, index: int) -> bool:
    return _KEY.search(sample.columns[index].name) is not None


def _groups(sample: Sample, index: int) -> bool:
    found = {str(row[index]) for row in sample.rows if row[index] is not None}
    return len(found) <= GROUPS_MAX and len(found) < len(sample.rows)
