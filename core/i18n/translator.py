"""Sentences for one reader: catalogue entries filled with arguments in the reader's digits, dates and direction."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.lists import format_list

from core.i18n import dates, numerals
from core.i18n.catalogue import catalogue
from core.i18n.negotiation import direction
from core.models import BreakerState, Message, Status

ISOLATE_LTR, ISOLATE_RTL, ISOLATE_AUTO, END_ISOLATE = "\u2066", "\u2067", "\u2068", "\u2069"
PLURALS = ("zero", "one", "two", "few", "many", "other")
"""The forms of CLDR, in the order in which catalogues write those that their language has."""
# Numbers that name something instead of counting it keep their Latin digits: people copy them.
NAMING = frozenset(
    {"port", "sqlstate", "pid", "status", "status_code", "version", "position", "id", "owner_id", "own_id"}
)
# Arguments whose values have words of their own: `role="editor"` reads «ویراستار».
WORDS = frozenset({"role", "status", "state", "kind", "step"})
# Arguments that hold a moment in ISO 8601, because messages are stored as JSON.
MOMENTS = frozenset({"expires"})
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# `{host}:{port}` is one left-to-right island: two islands side by side would read backwards in Persian.
_ISLAND = re.compile(r"\{\w+\}(?:[:/.@=]\{\w+\})*")
_LTR_LETTER = re.compile("[A-Za-z]")
_RTL_LETTER = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_NARROWED = ("error.", "advice.", "field.")
_MS_PER_S = 1000
_LONG_WAIT_S = 120
_UNITS = {"unit.hours": 3600, "unit.minutes": 60, "unit.seconds": 1}


class Translator:
    """One language and one time zone. `isolates` wraps inserted texts in direction isolates, for pages.

    A key that no catalogue knows raises KeyError when `strict` and shows itself otherwise.
    """

    def __init__(self, lang: str, zone: str = "Asia/Tehran", *, isolates: bool = False, strict: bool = False) -> None:
        self.lang = lang
        self.zone = ZoneInfo(zone)
        self.direction = direction(lang)
        self._isolates = isolates
        self._strict = strict
        self._catalogue = catalogue(lang)
        self._locale = Locale(lang)
        self._plurals = [tag for tag in PLURALS if tag in self._locale.plural_form.tags | {"other"}]

    def __contains__(self, key: str) -> bool:
        return key in self._catalogue

    def text(self, key: str, /, **arguments: Any) -> str:
        """The entry `key` with `{name}` replaced. `error.a.b` falls back to `error.a`."""
        return self._fill(self._forms(key)[0], arguments)

    def text_or(self, key: str, otherwise: str) -> str:
        """The entry `key`, or `otherwise` where a kind or a source brings names that no catalogue has."""
        return self._catalogue[key][0] if key in self._catalogue else otherwise

    def plural(self, key: str, n: float, /, **arguments: Any) -> str:
        """The form of `key` that fits the count `n`, which is `{n}` in it."""
        forms = self._forms(key)
        form = min(self._plurals.index(self._locale.plural_form(n)), len(forms) - 1)
        return self._fill(forms[form], {"n": n, **arguments})

    def message(self, message: Message) -> str:
        """The sentence of a Message; `literal` holds words of the source itself."""
        if message.key == "literal":
            return self.isolated(str(message.args.get("text", "")))
        return self.text(message.key, **message.args)

    def number(self, value: float, digits: int | None = None) -> str:
        return numerals.number(value, self.lang, digits)

    def significant(self, value: float) -> str:
        return numerals.significant(value, self.lang)

    def percent(self, ratio: float) -> str:
        return numerals.percent(ratio, self.lang)

    def share(self, ratio: float) -> str:
        """A percentage in which the last hundredths count: nearly everything is not everything."""
        return numerals.share(ratio, self.lang)

    def digits(self, text: str) -> str:
        return numerals.digits_of(text, self.lang)

    def milliseconds(self, ms: float) -> str:
        """The bare figure, for a place that names the unit itself."""
        return self.number(ms, 1 if ms < 100 else 0)

    def duration_ms(self, ms: float) -> str:
        """A span with its unit: milliseconds below one second, seconds above."""
        if ms < _MS_PER_S:
            return self.text("unit.ms", value=self.milliseconds(ms))
        return self.text("unit.s", value=self.number(ms / _MS_PER_S, 1))

    def seconds(self, seconds: float) -> str:
        """A wait, rounded up: in seconds below two minutes, in minutes beyond."""
        if seconds > _LONG_WAIT_S:
            return self.plural("unit.minutes", int(-(-seconds // 60)))
        return self.plural("unit.seconds", max(0, int(-(-seconds // 1))))

    def period(self, seconds: float) -> str:
        """A length of time as it was set, in hours or minutes if it is whole in them."""
        for unit, length in _UNITS.items():
            if seconds >= length and seconds % length == 0:
                return self.plural(unit, int(seconds // length))
        return self.plural("unit.seconds", seconds)

    def relative(self, when: dt.datetime, now: dt.datetime) -> str:
        """«۳ دقیقه پیش»; a date from 30 days on. A time ahead of our clock counts as now."""
        unit, n, _ = dates.age((now - when).total_seconds())
        if unit in ("now", "date"):
            return self.text("relative.now") if unit == "now" else self.date(when)
        return self.plural(f"relative.{unit}", n)

    def ago(self, when: dt.datetime, now: dt.datetime) -> str:
        """`relative` where the date stands beside: it counts days for ever instead of saying the date once more."""
        days = (now - when).days
        return self.plural("relative.day", days) if days >= dates.MONTH_DAYS else self.relative(when, now)

    def relative_until(self, when: dt.datetime, now: dt.datetime) -> float:
        """Until when `relative` says what it says now, in seconds since 1970."""
        return when.timestamp() + dates.age((now - when).total_seconds()).until_s

    def date(self, when: dt.datetime) -> str:
        return dates.date(when, self.lang, self.zone)

    def in_figures(self, when: dt.date) -> str:
        """«۱۴۰۵/۰۹/۰۶ ۱۷:۴۳» for tables; empty where the reader's calendar is that of the source."""
        return dates.in_figures(when, self.lang, self.zone)

    def clock(self, when: dt.datetime, *, seconds: bool = False) -> str:
        return dates.clock(when, self.lang, self.zone, seconds=seconds)

    def datetime(self, when: dt.datetime) -> str:
        """Date and clock time."""
        return self.text("date.time", date=self.date(when), time=self.clock(when))

    def moment(self, when: dt.datetime, now: dt.datetime) -> str:
        """The clock time when it is today's, else the date as well."""
        today = when.astimezone(self.zone).date() == now.astimezone(self.zone).date()
        return self.clock(when) if today else self.datetime(when)

    def month_start(self, when: dt.datetime, back: int = 0) -> dt.datetime:
        """Where the reader's month began, or the one `back` months before."""
        return dates.month_start(when, self.lang, self.zone, back)

    def year_start(self, when: dt.datetime) -> dt.datetime:
        return dates.year_start(when, self.lang, self.zone)

    @property
    def jalali(self) -> bool:
        """Whether the reader's calendar is the Jalali one."""
        return self.lang == "fa"

    def midnight(self, day: dt.date) -> dt.datetime:
        """Where a day begins for the reader."""
        return dt.datetime(day.year, day.month, day.day, tzinfo=self.zone)

    def day_start(self, when: dt.datetime) -> dt.datetime:
        return when.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0)

    def listed(self, parts: Sequence[str]) -> str:
        """«الف، ب و پ»."""
        # CLDR puts a comma before the last «و», which Persian does not.
        return format_list(list(parts), locale=self._locale).replace("، و ", " و ")

    def _forms(self, key: str) -> tuple[str, ...]:
        found = self._catalogue.get(key)
        if found is None and key.startswith(_NARROWED):
            found = self._catalogue.get(key.rpartition(".")[0])
        if found is None:
            if self._strict:
                raise KeyError(key)
            return (key,)
        return found

    def _fill(self, template: str, arguments: Mapping[str, Any]) -> str:
        if "{" not in template:  # most labels, and a page has hundreds
            return template
        return _ISLAND.sub(lambda match: self._island(match[0], arguments), template)

    def _island(self, island: str, arguments: Mapping[str, Any]) -> str:
        names = _PLACEHOLDER.findall(island)
        if len(names) == 1:
            return self._argument(names[0], arguments)
        return self.isolated(_PLACEHOLDER.sub(lambda match: str(arguments.get(match[1], "…")), island))

    def _argument(self, name: str, arguments: Mapping[str, Any]) -> str:
        value = arguments.get(name, "…")
        if name in WORDS and f"{name}.{value}" in self._catalogue:
            return self.text(f"{name}.{value}")
        if name in MOMENTS and isinstance(value, str):
            return self.date(dt.datetime.fromisoformat(value))
        if isinstance(value, str) and not isinstance(value, StrEnum):
            return value if self._own(value) else self.isolated(value)
        if name in NAMING:
            return self.isolated(str(value))
        return self._typed(value)

    def _typed(self, value: Any) -> str:
        if isinstance(value, BreakerState | Status):
            return self.text(f"{'state' if isinstance(value, BreakerState) else 'status'}.{value.value}")
        if isinstance(value, Message):
            return self.message(value)
        if isinstance(value, dt.datetime):
            return self.datetime(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self.number(value)
        if isinstance(value, list | tuple | set | frozenset):
            return self.isolated(", ".join(str(part) for part in value))
        return self.isolated(str(value))

    def _own(self, value: str) -> bool:
        """Numbers and dates that this translator wrote itself need no isolate: they have no Latin letter."""
        return not value or (value[0] in "۰۱۲۳۴۵۶۷۸۹" and not _LTR_LETTER.search(value))

    def isolated(self, value: str) -> str:
        """Data that stands inside a sentence, kept from turning the words around it."""
        persian = bool(_RTL_LETTER.search(value))
        alike = not persian if self.direction == "ltr" else persian and not _LTR_LETTER.search(value)
        if not self._isolates or alike:
            return value
        return f"{ISOLATE_AUTO if persian else ISOLATE_LTR}{value}{END_ISOLATE}"

    def drawn(self, value: str) -> str:
        """Words of this language in a drawing, whose text runs from left to right."""
        return value if self.direction == "ltr" else f"{ISOLATE_RTL}{value}{END_ISOLATE}"


def name_of(lang: str) -> str:
    """A language as it calls itself: «فارسی», "English"."""
    name = Locale(lang).get_display_name(lang) or lang
    return name[:1].upper() + name[1:]


@cache
def translator(lang: str, zone: str = "Asia/Tehran", *, isolates: bool = False, strict: bool = False) -> Translator:
    """The translator for a language (KeyError for one that we do not speak) and a time zone."""
    return Translator(lang, zone, isolates=isolates, strict=strict)
