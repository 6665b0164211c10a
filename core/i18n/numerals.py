"""Numbers in the digits and separators of a language."""

import math
from types import MappingProxyType

# Persian digits with the Arabic thousands (U+066C) and decimal (U+066B) separators, as CLDR has them for fa.
_PERSIAN = MappingProxyType(str.maketrans("0123456789,.%", "۰۱۲۳۴۵۶۷۸۹٬٫٪"))
_PERSIAN_DIGITS = MappingProxyType(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
LEFT_TO_RIGHT_MARK = "\u200e"


def number(value: float, lang: str, digits: int | None = None) -> str:
    """`value` grouped by thousands. `digits` after the point; None: none for whole numbers, else at most two."""
    if digits is None:
        digits = 0 if float(value).is_integer() else 2
        written = f"{value:,.{digits}f}"
        written = written.rstrip("0").rstrip(".") if digits else written
    else:
        written = f"{value:,.{digits}f}"
    return _localised(written, lang)


def significant(value: float, lang: str, figures: int = 4) -> str:
    """`value` to so many significant figures, with a power of ten where it is very large or very small."""
    return _localised(f"{value:.{figures}g}", lang)


def percent(ratio: float, lang: str) -> str:
    """`ratio` (0 to 1) as a percentage; one decimal only below ten per cent, where it says something.

    Of less than a tenth of a per cent its first figure: a little is not nothing, and nearly all is not all.
    """
    value = ratio * 100
    if 99 < value < 100:
        return share(ratio, lang)
    digits = 1 if 0 < value < 10 and not float(value).is_integer() else 0
    if 0 < value < 0.1:
        digits = -math.floor(math.log10(value))
    return _localised(f"{value:,.{digits}f}%", lang)


def share(ratio: float, lang: str) -> str:
    """`ratio` (0 to 1) as a percentage with two decimals, cut off instead of rounded up: 99.999 % are no 100."""
    value = math.floor(round(ratio * 10_000, 6)) / 100
    return _localised(f"{value:.{0 if value.is_integer() else 2}f}%", lang)


def digits_of(text: str, lang: str) -> str:
    """`text` with its Latin digits in those of the language: dates and clock times, where a point stays a point."""
    return text.translate(_PERSIAN_DIGITS) if lang == "fa" else text


def _localised(written: str, lang: str) -> str:
    if lang != "fa":
        return written
    sign = LEFT_TO_RIGHT_MARK if written.startswith("-") else ""
    return sign + written.translate(_PERSIAN)
