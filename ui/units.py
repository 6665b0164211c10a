"""Amounts with their units."""

from core.i18n import Translator

KIB = 1024


def size(count: int, t: Translator) -> str:
    if count < KIB:
        return t.text("unit.bytes", value=t.number(count))
    if count < KIB * KIB:
        return t.text("unit.kib", value=t.number(round(count / KIB, 1)))
    return t.text("unit.mib", value=t.number(round(count / KIB / KIB, 1)))
