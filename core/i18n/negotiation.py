"""Which language a reader gets, and which way it runs."""

from functools import cache

from babel import Locale

from core.languages import LANGUAGES


@cache
def direction(lang: str) -> str:
    """`rtl` or `ltr`: the value of the `dir` attribute."""
    return Locale(lang).text_direction


def negotiate(accept_language: str | None, default: str) -> str:
    """The language of the highest quality that we speak (RFC 9110, 12.5.4); `default` when there is none."""
    wanted = sorted(_ranges(accept_language or ""), key=lambda pair: -pair[1])
    for tag, quality in wanted:
        primary = tag.split("-")[0]
        if quality > 0 and primary in LANGUAGES:
            return primary
    return default


def _ranges(header: str) -> list[tuple[str, float]]:
    return [_range(part) for part in header.split(",") if part.strip()]


def _range(part: str) -> tuple[str, float]:
    tag, _, parameter = part.partition(";")
    _, _, value = parameter.partition("=")
    try:
        quality = float(value) if value.strip() else 1.0
    except ValueError:
        quality = 0.0
    return tag.strip().lower(), quality
