"""What a request for history means."""

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.services.spans import (
    BUCKETS_MAX,
    DAY_S,
    RANGE_S,
    Segment,
    ends_of_days,
    parse_moment,
    parse_step,
    segments,
    span_of,
)
from core.storage.history import SPANS

NOW = datetime(2026, 3, 21, 8, 32, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def ago(**how: float) -> datetime:
    return NOW - timedelta(**how)


def refused(since: datetime | None = None, until: datetime | None = None, step: int | None = None) -> str:
    with pytest.raises(InvalidInput) as caught:
        span_of(since, until, step, NOW)
    return caught.value.fields[0].field


def test_by_default_it_is_the_last_day_in_stretches_of_five_minutes_the_present_one_included() -> None:
    span = span_of(None, None, None, NOW)
    assert len(span.starts) == 288
    assert span.starts[-1] <= NOW.timestamp() < span.until
    assert span.notes == ()


@pytest.mark.parametrize(("hours", "step"), [(1, 300), (26, 300), (27, 3600), (192, 3600), (193, DAY_S)])
def test_the_step_follows_the_range(hours: int, step: int) -> None:
    assert span_of(ago(hours=hours), None, None, NOW).step == step


def test_both_ends_are_moved_outwards_to_whole_steps() -> None:
    span = span_of(NOW, NOW + HOUR, 3600, NOW)
    assert (span.since, span.until) == (NOW.replace(minute=0, second=0).timestamp(), (span.since + 2 * 3600))


@pytest.mark.parametrize(
    ("days", "asked", "given"), [(6, 300, 300), (8, 300, 3600), (8, 5400, 7200), (91, 3600, DAY_S), (700, 300, DAY_S)]
)
def test_what_is_no_longer_held_so_finely_comes_coarser_and_says_so(days: int, asked: int, given: int) -> None:
    span = span_of(ago(days=days), ago(days=days) + HOUR, asked, NOW)
    assert span.step == given
    assert [note.key for note in span.notes] == ["history.coarser"] * (asked != given)


def test_a_range_beyond_two_years_begins_later_and_says_so() -> None:
    span = span_of(ago(days=4000), None, None, NOW)
    assert span.until - span.since <= RANGE_S + DAY_S
    assert "history.cut" in [note.key for note in span.notes]


def test_a_beginning_after_the_end_is_refused() -> None:
    assert refused(NOW + HOUR) == "from"
    assert refused(NOW, NOW - HOUR) == "from"


@pytest.mark.parametrize(("asked", "given"), [(1, 300), (299, 300), (301, 600), (4000, 4200)])
def test_a_step_between_two_stretches_is_the_longer_one_and_the_answer_says_so(asked: int, given: int) -> None:
    span = span_of(ago(hours=3), None, asked, NOW)
    assert (span.step, [note.key for note in span.notes]) == (given, ["history.coarser"])


def test_the_last_day_by_days_is_not_only_what_has_begun_of_this_one() -> None:
    span = span_of(None, None, DAY_S, NOW)
    assert span.since <= NOW.timestamp() - DAY_S < NOW.timestamp() < span.until


@pytest.mark.parametrize("step", [0, -300, -1, RANGE_S + 1])
def test_steps_that_are_none_are_refused(step: int) -> None:
    assert refused(step=step) == "step"


@given(
    st.datetimes(timezones=st.timezones()),
    st.datetimes(timezones=st.timezones()),
    st.none() | st.integers(1, RANGE_S // 300).map(lambda n: n * 300),
)
def test_every_range_has_at_most_so_many_stretches_that_can_be_written_down(
    one: datetime, other: datetime, step: int | None
) -> None:
    try:
        since, until = sorted((one, other))
        span = span_of(since, until, step, NOW)
    except (InvalidInput, OverflowError):  # a zone's year 0 or 10000 is none
        return
    assert len(span.starts) <= BUCKETS_MAX
    assert span.since % span.step == span.until % span.step == 0
    assert step is None or span.step >= step
    assert datetime.fromtimestamp(span.since, UTC) <= datetime.fromtimestamp(span.until, UTC)


@given(
    st.integers(0, 3 * DAY_S // 300),
    st.integers(0, 3 * DAY_S // 300),
    st.sampled_from([300, 900, 3600, 7200, DAY_S]),
    st.dictionaries(st.sampled_from(["1h", "1d"]), st.integers(0, 4 * 24)),
)
def test_the_tiers_cover_every_range_once_each_only_up_to_its_mark(
    since: int, length: int, step: int, hours: dict[str, int]
) -> None:
    marks = {tier: hour * 3600 // SPANS[tier] * SPANS[tier] for tier, hour in hours.items()}
    begin, end = since * 300 // step * step, -(-(since + length) * 300 // step) * step
    parts = segments(begin, end, step, marks)
    assert sum(part.until - part.since for part in parts) == end - begin
    assert all(one.until == other.since for one, other in pairwise(parts))
    for part in parts:
        assert part.since % SPANS[part.tier] == part.until % SPANS[part.tier] == 0
        assert step % SPANS[part.tier] == 0
        assert part.tier == "5m" or part.until <= marks.get(part.tier, 0)


def test_the_coarsest_tier_answers_as_far_as_it_is_whole() -> None:
    marks = {"1d": DAY_S, "1h": DAY_S + 2 * 3600}
    assert segments(0, 2 * DAY_S, DAY_S, marks) == [
        Segment("1d", 0, DAY_S),
        Segment("1h", DAY_S, DAY_S + 7200),
        Segment("5m", DAY_S + 7200, 2 * DAY_S),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-21T08:30:00Z",
        "2026-03-21t08:30:00z",
        "2026-03-21 12:00:00+03:30",
        "2026-03-21T12:00:00 03:30",
        "2026-03-21T08:30:00.000-00:00",
    ],
)
def test_times_as_rfc_3339_has_them_are_read(text: str) -> None:
    assert parse_moment("from", text) == datetime(2026, 3, 21, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-03-21",
        "2026-03-21T08:30:00",
        "2026-13-21T08:30:00Z",
        "2026-03-21T08:30:00 Asia/Tehran",
        "20260321T083000Z",
        "2026-W12-6T08:30:00Z",
        "1774081800",
        "۲۰۲۶-۰۳-۲۱T۰۸:۳۰:۰۰Z",
        "2026-03-21T08:30:00+99:00",
        "0001-01-01T00:00:00+23:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_anything_else_is_no_time(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_moment("to", text)
    assert [each.field for each in caught.value.fields] == ["to"]


def test_a_step_is_a_name_or_seconds() -> None:
    assert [parse_step(text) for text in ("5m", "1h", "1d", "900")] == [300, 3600, DAY_S, 900]
    for text in ("", "1w", "-300", "300.0", "1e3", "۳۰۰", "3000000000"):
        with pytest.raises(InvalidInput):
            parse_step(text)


def test_a_time_of_another_zone_means_the_same_span() -> None:
    tehran = timezone(timedelta(hours=3, minutes=30))
    assert span_of(ago(hours=2).astimezone(tehran), None, None, NOW) == span_of(ago(hours=2), None, None, NOW)


TODAY = date(2026, 3, 21)
LOCAL_HOUR, UTC_HOUR = (0, 30), (3, 30)
"""When a day begins in Tehran: with its first whole hour of UTC, or with the day of UTC."""


@pytest.mark.parametrize(
    ("back", "days", "begins"),
    [
        (0, 1, LOCAL_HOUR),
        (7, 8, LOCAL_HOUR),
        (80, 8, LOCAL_HOUR),
        (8, 9, UTC_HOUR),
        (95, 2, UTC_HOUR),
        (700, 700, UTC_HOUR),
    ],
)
def test_chosen_days_hold_nothing_of_other_days(back: int, days: int, begins: tuple[int, int]) -> None:
    tehran, first = ZoneInfo("Asia/Tehran"), TODAY - timedelta(days=back)
    last = first + timedelta(days=days - 1)
    since, until = ends_of_days(first, last, tehran, NOW)
    span = span_of(since, until, None, NOW)
    begin, end = (datetime.fromtimestamp(each, tehran) for each in (span.since, span.until))
    assert (begin.date(), (begin.hour, begin.minute)) == (first, begins)
    assert span.since == since.timestamp()
    if last < TODAY:
        assert (end.date(), (end.hour, end.minute)) == (last + timedelta(days=1), begins)
    else:
        assert until == NOW


def test_eight_days_with_the_end_of_summer_time_are_longer_than_eight_days() -> None:
    berlin, now = ZoneInfo("Europe/Berlin"), datetime(2026, 11, 1, tzinfo=UTC)
    since, until = ends_of_days(date(2026, 10, 20), date(2026, 10, 27), berlin, now)
    span = span_of(since, until, None, now)
    assert (span.since, span.until) == (since.timestamp(), until.timestamp())
    assert since == datetime(2026, 10, 20, tzinfo=UTC)


@pytest.mark.parametrize("minutes", [0, 10, 29, 30, 31])
def test_today_can_be_chosen_from_its_first_minute_on(minutes: int) -> None:
    midnight = datetime(2026, 3, 21, tzinfo=ZoneInfo("Asia/Tehran"))
    now = midnight + timedelta(minutes=minutes)
    since, until = ends_of_days(midnight.date(), midnight.date(), midnight.tzinfo or UTC, now)
    assert since <= until == now
    assert since >= midnight
    assert span_of(since, until, None, now).since >= midnight.timestamp() - 1800
