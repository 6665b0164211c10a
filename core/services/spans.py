"""Which stretches of history a request means, and from which tiers they are read."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from core.errors import InvalidInput
from core.metrics.history import BUCKET_S
from core.models import FieldError, Message
from core.storage.history import KEPT_S, SPANS, Segment

DAY_S = 86_400
RANGE_S = 730 * DAY_S
RANGE_DEFAULT_S = DAY_S
BUCKETS_MAX = 2_000
EARLIEST, LATEST = 0, 250_000_000_000
"""Seconds since 1970 that the calendar can still write down; what lies outside is read as these."""
STEPS_BY_RANGE = ((26 * 3600, SPANS["5m"]), (8 * DAY_S, SPANS["1h"]))
"""Up to which range which step is taken when none is asked for; beyond them it is a day."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+ -]\d\d:\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """[since, until) in seconds since 1970, both whole steps of `step` seconds."""

    since: int
    until: int
    step: int
    notes: tuple[Message, ...] = ()

    @property
    def starts(self) -> range:
        return range(self.since, self.until, self.step)


def parse_moment(name: str, text: str) -> datetime:
    """An RFC 3339 time with its zone. Raises InvalidInput naming the parameter `name`."""
    if not _MOMENT.fullmatch(text):
        raise _wrong(name, Message("field.moment"))
    # A plus sign that was not escaped arrives as a space.
    written = f"{text[:-6]}+{text[-5:]}" if text[-6] == " " else text
    try:
        return datetime.fromisoformat(written.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _wrong(name, Message("field.moment")) from None


def parse_step(text: str) -> int:
    """Seconds of `5m`, `1h`, `1d` or of a number of seconds. Raises InvalidInput naming `step`."""
    if text in SPANS:
        return SPANS[text]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise _wrong("step", Message("field.step"))
    return int(text)


def span_of(since: datetime | None, until: datetime | None, step: int | None, now: datetime) -> Span:
    """The span that is meant: by default the 24 hours up to the present stretch.

    A step is a multiple of five minutes. What no tier holds so finely, or would be more than BUCKETS_MAX stretches,
    is made coarser, and what is longer than two years is cut off at its beginning. Raises InvalidInput naming `from` or
    `step`.
    """
    end = _seconds(until or now)
    asked = end - RANGE_DEFAULT_S if since is None else _seconds(since)
    if asked > end:
        raise _wrong("from", Message("field.from_after_to"))
    begin = max(asked, end - RANGE_S)
    wanted = _default_step(end - begin) if step is None else _checked(step)
    width = _coarse_enough(-(-wanted // BUCKET_S) * BUCKET_S, begin, end, int(now.timestamp()))
    last = -(-end // width) * width
    # Without a beginning of the caller's own it is as long as the default says, not a stretch longer; of longer ones
    # than an hour the present one may have only begun.
    first = last - RANGE_DEFAULT_S if since is None and width <= SPANS["1h"] else begin
    coarser = (Message("history.coarser", {"step": width}),) if width != wanted else ()
    cut = (Message("history.cut"),) if begin != asked else ()
    return Span(max(first, EARLIEST) // width * width, last, width, coarser + cut)


def ends_of_days(first: date, last: date, zone: tzinfo, now: datetime) -> tuple[datetime, datetime]:
    """From when to when these days go, up to now, so that a span of them holds nothing of other days.

    They are the days of `zone`, from their first whole hour of UTC on, where hours are held and shown; longer ones and
    older ones are UTC's own, which is how days are kept.
    """
    following = last + timedelta(days=1)
    begin, end = _hour_of_day(first, zone), _hour_of_day(following, zone)
    longest, oldest = timedelta(seconds=STEPS_BY_RANGE[-1][0]), now - timedelta(seconds=KEPT_S["1h"])
    if end - begin > longest or begin < oldest:
        begin, end = _hour_of_day(first, UTC), _hour_of_day(following, UTC)
    end = min(end, now)
    return min(begin, end), end


def _hour_of_day(day: date, zone: tzinfo) -> datetime:
    """The first whole hour of UTC in a day of `zone`."""
    midnight = datetime.combine(day, time(), zone)
    return (midnight + timedelta(seconds=-midnight.timestamp() % SPANS["1h"])).astimezone(UTC)


def segments(since: int, until: int, step: int, marks: Mapping[str, int]) -> list[Segment]:
    """Which tier answers for which part, the coarsest that fits into `step` first; a tier is whole up to its mark."""
    return _cover(since, until, [tier for tier, span in SPANS.items() if step % span == 0], marks)


def _cover(since: int, until: int, tiers: Sequence[str], marks: Mapping[str, int]) -> list[Segment]:
    if since >= until:
        return []
    *finer, coarsest = tiers
    if not finer:
        return [Segment(coarsest, since, until)]
    span = SPANS[coarsest]
    begin, end = -(-since // span) * span, min(until, marks.get(coarsest, 0)) // span * span
    if begin >= end:
        return _cover(since, until, finer, marks)
    middle = Segment(coarsest, begin, end)
    return [*_cover(since, begin, finer, marks), middle, *_cover(end, until, finer, marks)]


def _default_step(length: int) -> int:
    return next((step for longest, step in STEPS_BY_RANGE if length <= longest), DAY_S)


def _checked(step: int) -> int:
    if step <= 0 or step > RANGE_S:
        raise _wrong("step", Message("field.step"))
    return step


def _coarse_enough(step: int, begin: int, end: int, now: int) -> int:
    held = next((span for tier, span in SPANS.items() if begin >= now - KEPT_S[tier]), DAY_S)
    step = -(-step // held) * held
    # One less than may be: neither end need lie where a stretch begins.
    return step * max(1, -(-(end - begin) // (step * (BUCKETS_MAX - 1))))


def _seconds(moment: datetime) -> int:
    return min(max(int(moment.timestamp() // 1), EARLIEST), LATEST)


def _wrong(name: str, message: Message) -> InvalidInput:
    return InvalidInput(fields=(FieldError(name, message),))
