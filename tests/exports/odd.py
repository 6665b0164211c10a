"""Samples as sources really answer, and values that nobody expects."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

from hypothesis import strategies as st

from core.models import Column, Sample, SampleResult
from core.values import TYPES

TAKEN = datetime(2026, 11, 27, 14, 13, tzinfo=UTC)
TEHRAN = timezone(timedelta(hours=3, minutes=30))
TYPED = Sample(
    (
        Column("n", "integer"),
        Column("f", "float"),
        Column("قیمت", "decimal"),
        Column("ok", "boolean"),
        Column("متن", "string"),
        Column("day", "date"),
        Column("clock", "time"),
        Column("local", "timestamp"),
        Column("at", "timestamptz"),
        Column("span", "interval"),
        Column("id", "uuid"),
        Column("raw", "binary"),
        Column("doc", "json"),
        Column("list", "array"),
    ),
    [
        (
            7,
            1.5,
            Decimal("12.50"),
            True,
            "سلام",
            date(2026, 11, 27),
            time(14, 13, 5),
            datetime(2026, 11, 27, 14, 13, 5),  # noqa: DTZ001 - it has no zone at the source
            datetime(2026, 11, 27, 17, 43, tzinfo=TEHRAN),
            timedelta(days=1, hours=2),
            UUID(int=5),
            b"\x89PNG",
            {"a": [1, None]},
            [1, 2],
        ),
        (None,) * 14,
    ],
    "limit",
    640,
    "SELECT 1",
)
RESULT = SampleResult(TYPED, 23.4567, {"table": "public.t", "limit": 2}, TAKEN, 15)

cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-(10**40), max_value=10**40),
    st.floats(),
    st.decimals(),
    st.text(st.characters(exclude_categories=())),
    st.sampled_from(["=1+1", "<r>x</r>", "<r><t>1</t></r>", "\x00\x1f\ufffe\uffff", "_x0041_", "\ud800", ""]),
    st.dates(),
    st.times(),
    st.datetimes(),
    st.datetimes(timezones=st.sampled_from([UTC, TEHRAN])),
    st.timedeltas(),
    st.uuids(),
    st.binary(),
    st.recursive(
        st.none() | st.text(max_size=3) | st.integers() | st.dates(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=6,
    ),
)


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """Any value in a column of any type: a driver's word for a type is not a promise."""
    types = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=4))
    columns = tuple(
        Column(f"c{index}\ud800" if draw(st.booleans()) else f"c{index}", t) for index, t in enumerate(types)
    )
    rows = draw(st.lists(st.tuples(*[cells for _ in types]), max_size=4))
    return Sample(columns, rows)
