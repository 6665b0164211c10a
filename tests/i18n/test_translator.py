"""Digits, dates, plurals and direction in both languages, at fixed times."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from core.i18n import direction, negotiate, translator
from core.models import BreakerState, Message, Status

FA = translator("fa", strict=True)
EN = translator("en", strict=True)
PAGE = translator("fa", isolates=True, strict=True)
NOW = datetime(2026, 11, 22, 6, 11, tzinfo=UTC)


def test_a_persian_date_is_jalali() -> None:
    assert FA.date(NOW) == "۱ آذر ۱۴۰۵"
    assert FA.datetime(NOW) == "۱ آذر ۱۴۰۵، ۰۹:۴۱"


def test_a_list_has_no_comma_before_its_last_word() -> None:
    assert FA.listed(["الف", "ب", "پ"]).replace("\u200f", "") == "الف، ب و پ"
    assert FA.listed(["الف", "ب"]) == "الف و ب"
    assert EN.listed(["a", "b", "c"]) == "a, b, and c"


def test_a_code_of_http_keeps_its_latin_digits() -> None:
    assert "(HTTP 401)" in FA.text("error.auth_failed.http", status=401)
    assert FA.text("event.status", status=Status.HEALTHY).endswith("سالم")


def test_an_english_date_is_gregorian() -> None:
    assert EN.datetime(NOW) == "22 Nov 2026, 09:41"


def test_the_day_is_the_one_of_the_zone() -> None:
    late = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
    assert FA.date(late) == "۲ آذر ۱۴۰۵"
    assert translator("fa", "UTC").date(late) == "۱ آذر ۱۴۰۵"


def test_the_last_day_of_a_leap_year_is_the_thirtieth_of_esfand() -> None:
    assert FA.date(datetime(2025, 3, 20, 12, 0, tzinfo=UTC)) == "۳۰ اسفند ۱۴۰۳"
    assert FA.date(datetime(2025, 3, 21, 12, 0, tzinfo=UTC)) == "۱ فروردین ۱۴۰۴"


@pytest.mark.parametrize(
    ("age", "persian", "english"),
    [
        (timedelta(0), "همین حالا", "just now"),
        (timedelta(seconds=-5), "همین حالا", "just now"),
        (timedelta(seconds=20), "۲۰ ثانیه پیش", "20 seconds ago"),
        (timedelta(seconds=61), "۱ دقیقه پیش", "1 minute ago"),
        (timedelta(minutes=3), "۳ دقیقه پیش", "3 minutes ago"),
        (timedelta(hours=2), "۲ ساعت پیش", "2 hours ago"),
        (timedelta(days=29), "۲۹ روز پیش", "29 days ago"),
        (timedelta(days=30), "۱ آبان ۱۴۰۵", "23 Oct 2026"),
    ],
)
def test_an_age_is_told_in_its_largest_whole_unit(age: timedelta, persian: str, english: str) -> None:
    assert (FA.relative(NOW - age, NOW), EN.relative(NOW - age, NOW)) == (persian, english)


def test_beside_a_date_an_age_counts_days_for_ever() -> None:
    for days in (29, 30, 400):
        when = NOW - timedelta(days=days)
        assert (FA.ago(when, NOW), EN.ago(when, NOW)) == (f"{FA.number(days)} روز پیش", f"{days} days ago")
    assert EN.ago(NOW, NOW) == "just now"


@pytest.mark.parametrize(
    ("value", "digits", "persian", "english"),
    [
        (12480, None, "۱۲٬۴۸۰", "12,480"),
        (11.8, 1, "۱۱٫۸", "11.8"),
        (48, 1, "۴۸٫۰", "48.0"),
        (0.125, None, "۰٫۱۲", "0.12"),
        (2.5, None, "۲٫۵", "2.5"),
        (-0.4, 1, "\u200e-۰٫۴", "-0.4"),
    ],
)
def test_a_number_has_the_digits_and_separators_of_its_language(
    value: float, digits: int | None, persian: str, english: str
) -> None:
    assert (FA.number(value, digits), EN.number(value, digits)) == (persian, english)


def test_a_percentage_keeps_a_decimal_only_below_ten() -> None:
    assert [FA.percent(ratio) for ratio in (0, 0.004, 0.625, 1)] == ["۰٪", "۰٫۴٪", "۶۲٪", "۱۰۰٪"]
    assert EN.percent(0.004) == "0.4%"


def test_of_very_little_a_percentage_says_the_first_figure() -> None:
    assert [EN.percent(ratio) for ratio in (0.0009, 0.0004, 0.000021)] == ["0.09%", "0.04%", "0.002%"]


def test_nearly_all_is_not_all_in_per_cent() -> None:
    assert [EN.percent(ratio) for ratio in (0.99, 0.995, 0.9996, 0.99999)] == ["99%", "99.50%", "99.96%", "99.99%"]


def test_a_span_is_told_in_milliseconds_below_a_second() -> None:
    assert (FA.duration_ms(12.43), FA.duration_ms(2300)) == ("۱۲٫۴ میلی‌ثانیه", "۲٫۳ ثانیه")
    assert (EN.duration_ms(120.4), EN.duration_ms(2300)) == ("120 ms", "2.3 s")


def test_a_wait_is_rounded_up() -> None:
    assert (FA.seconds(17.2), EN.seconds(0.2)) == ("۱۸ ثانیه", "1 second")
    assert (FA.seconds(119.5), FA.seconds(3586), EN.seconds(121)) == ("۱۲۰ ثانیه", "۶۰ دقیقه", "3 minutes")


def test_a_period_is_told_in_the_longest_unit_in_which_it_is_whole() -> None:
    assert [EN.period(seconds) for seconds in (0.5, 1, 30.0, 60, 90)] == [
        "0.5 seconds",
        "1 second",
        "30 seconds",
        "1 minute",
        "90 seconds",
    ]
    assert [FA.period(seconds) for seconds in (300, 3600, 5400, 86400)] == ["۵ دقیقه", "۱ ساعت", "۹۰ دقیقه", "۲۴ ساعت"]


def test_a_plural_follows_its_language() -> None:
    key = "sources.caption.count"
    assert [EN.plural(key, n) for n in (0, 1, 2)] == ["0 sources", "1 source", "2 sources"]
    assert [FA.plural(key, n) for n in (0, 1, 1200)] == ["۰ منبع", "۱ منبع", "۱٬۲۰۰ منبع"]


def test_an_unknown_reason_falls_back_to_the_code() -> None:
    assert FA.text("error.unreachable.nobody_knows") == FA.text("error.unreachable")


def test_an_unknown_key_is_an_error_when_strict_and_shows_itself_otherwise() -> None:
    with pytest.raises(KeyError, match=r"no\.such\.key"):
        FA.text("no.such.key")
    assert translator("fa").text("no.such.key") == "no.such.key"


def test_a_missing_argument_leaves_a_gap_instead_of_failing() -> None:
    assert EN.text("unit.ms") == "… ms"


def test_braces_in_data_are_data() -> None:
    assert EN.text("add.created", name="{secret} {0}") == "{secret} {0} was created."


def test_an_argument_may_have_any_name() -> None:
    assert "AKIA" in EN.message(Message("check.signed", {"key": "AKIA"}))


def test_words_of_the_source_stay_as_they_are() -> None:
    assert FA.message(Message.literal("PostgreSQL 16.4")) == "PostgreSQL 16.4"


def test_a_page_isolates_latin_text_inside_persian() -> None:
    assert PAGE.message(Message.literal("PostgreSQL 16.4")) == "\u2066PostgreSQL 16.4\u2069"
    assert "\u2066DATA_DIR\u2069" in PAGE.text("error.startup.setting", name="DATA_DIR", detail="خالی است")


def test_persian_text_inside_persian_needs_no_isolate() -> None:
    assert PAGE.isolated("انبار مشهد") == "انبار مشهد"
    assert PAGE.isolated("انبار A") == "\u2068انبار A\u2069"


def test_a_name_that_begins_with_a_persian_digit_is_isolated_all_the_same() -> None:
    assert "«\u2068۲ orders (old)\u2069»" in PAGE.text("source.deleted", name="۲ orders (old)")
    assert "«۲ انبار»" in PAGE.text("source.deleted", name="۲ انبار")


def test_an_english_page_isolates_persian_text() -> None:
    assert translator("en", isolates=True).isolated("انبار") == "\u2068انبار\u2069"


def test_host_and_port_are_one_island_in_latin_digits() -> None:
    shown = PAGE._fill("سرور {host}:{port} پاسخ نداد", {"host": "10.4.1.20", "port": 5432})
    assert shown == "سرور \u206610.4.1.20:5432\u2069 پاسخ نداد"


def test_a_port_alone_keeps_latin_digits_and_a_count_does_not() -> None:
    assert "\u206680\u2069" in PAGE.text("error.startup.port_busy", host="h", port=80)
    assert FA.text("field.greater_than_equal", ge=80).startswith("این مقدار باید ۸۰")


def test_enums_and_roles_are_told_in_words() -> None:
    assert FA.text("event.status", status=Status.HEALTHY) == "وضعیت: سالم"
    assert FA.text("event.breaker", before=BreakerState.CLOSED, after=BreakerState.OPEN) == "اتصال: عادی ← تعلیق"
    assert "ویراستار" in FA.text("error.forbidden.role", role="editor")


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        (None, "fa"),
        ("", "fa"),
        ("en-US,en;q=0.9", "en"),
        ("de, fa;q=0.8, en;q=0.5", "fa"),
        ("fa;q=0.1, en;q=0.9", "en"),
        ("en;q=0, *", "fa"),
        ("en;q=nonsense", "fa"),
        ("zz", "fa"),
    ],
)
def test_the_language_is_the_best_of_what_the_reader_accepts(header: str | None, lang: str) -> None:
    assert negotiate(header, "fa") == lang


def test_persian_runs_from_right_to_left() -> None:
    assert (direction("fa"), direction("en")) == ("rtl", "ltr")


@pytest.mark.parametrize(
    ("ratio", "fa", "en"),
    [
        (1, "۱۰۰٪", "100%"),
        (0.99999, "۹۹٫۹۹٪", "99.99%"),
        (0.995, "۹۹٫۵۰٪", "99.50%"),
        (0.29, "۲۹٪", "29%"),
        (0, "۰٪", "0%"),
    ],
)
def test_a_share_never_rounds_up_to_everything(ratio: float, fa: str, en: str) -> None:
    assert (FA.share(ratio), EN.share(ratio)) == (fa, en)


@pytest.mark.parametrize(
    ("lang", "month", "before", "year"),
    [
        ("fa", "2026-03-21T00:00+03:30", "2026-02-20T00:00+03:30", "2026-03-21T00:00+03:30"),
        ("en", "2026-03-01T00:00+03:30", "2026-02-01T00:00+03:30", "2026-01-01T00:00+03:30"),
    ],
)
def test_months_and_years_begin_as_the_readers_calendar_has_them(lang: str, month: str, before: str, year: str) -> None:
    new_year = datetime(2026, 3, 20, 20, 45, tzinfo=UTC)  # a quarter past midnight on 1 Farvardin in Tehran
    t = translator(lang)
    assert t.month_start(new_year) == datetime.fromisoformat(month)
    assert t.month_start(new_year, back=1) == datetime.fromisoformat(before)
    assert t.year_start(new_year) == datetime.fromisoformat(year)
    assert t.day_start(new_year) == datetime.fromisoformat("2026-03-21T00:00+03:30")


@pytest.mark.parametrize("seconds", [-5, 0, 2.9, 3, 59.5, 61, 3599, 3601, 86_399, 86_401, 29.9 * 86_400])
def test_an_age_says_until_when_it_is_said_so(seconds: float) -> None:
    when = datetime(2026, 11, 22, 12, tzinfo=UTC)
    now = when + timedelta(seconds=seconds)
    until = datetime.fromtimestamp(FA.relative_until(when, now), UTC)
    assert now < until
    assert FA.relative(when, until - timedelta(milliseconds=1)) == FA.relative(when, now) != FA.relative(when, until)


def test_a_date_is_said_for_ever() -> None:
    assert FA.relative_until(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)) == math.inf
