"""Bytes as text, by their byte order mark or by what they look like."""

import codecs
import re
import unicodedata

_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_LOOKED_AT = 4096
_LIKELY = 0.9
"""The part of a text's letters that belong to one of the scripts below, so that it is believed to be one."""

_RARE = 1 / 20
"""The part of the letters beyond ASCII that may be damaged in a text that is UTF-8 all the same."""

_END = b"\x1a"
"""What old programs end a text with."""

_STRAY = 1 / 20
"""The part of the bytes that may be control characters in what its name says is text."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before the one of UTF-16, with which it begins
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = ("utf-16-le", "utf-16-be")


def readable(content: bytes, cut: bool, *, named: bool = False) -> tuple[str | None, str | None]:
    """The content as text, None where it is none, and the name of a note on how it was read.

    `cut`: a letter that the end goes through is left out. `named`: by its name it is text, whatever strays in it.
    """
    for mark, name in _MARKS:
        if content.startswith(mark):
            return _decoded(content[len(mark) :], name, cut), None
    plain = content.rstrip(_END)
    if _CONTROL.search(plain):
        wide = next((text for name in _UNMARKED if (text := _unmarked(content, name, cut))), None)
        return wide or (_with_strays(plain, cut) if named else None), None
    content = plain
    text = _decoded(content, "utf-8", cut)
    return (text, None) if text is not None else (_decoded(content, "windows-1256", cut), "windows_1256")


def _decoded(content: bytes, encoding: str, cut: bool) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(content, final=not cut)
    except UnicodeDecodeError:
        return _mended(content, cut) if encoding == "utf-8" else None


def _with_strays(content: bytes, cut: bool) -> str | None:
    """UTF-8 with a few control characters; None for anything else."""
    if len(_CONTROL.findall(content)) > _STRAY * len(content):
        return None
    return _decoded(content, "utf-8", cut)


def _mended(content: bytes, cut: bool) -> str | None:
    """UTF-8 with U+FFFD for what is none of it: None where that is not rare, the text is in another encoding then."""
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(content, final=not cut)
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
    return text if text.count("\ufffd") < _RARE * beyond_ascii else None


def _unmarked(content: bytes, encoding: str, cut: bool) -> str | None:
    """UTF-16 without its mark is guessed: of other bytes it makes letters of all the world's scripts."""
    looked_at = _decoded(content[:_LOOKED_AT], encoding, cut=cut or len(content) > _LOOKED_AT)
    if not looked_at or any(unicodedata.category(letter) in ("Cn", "Co", "Cs") for letter in looked_at):
        return None
    likely = sum(map(_is_likely, looked_at))
    return _decoded(content, encoding, cut) if likely >= _LIKELY * len(looked_at) else None


def _is_likely(letter: str) -> bool:
    """Latin and Arabic script, their marks and spaces, the zero-width ones that Persian needs."""
    return (
        letter in "\t\r\n"
        or " " <= letter <= "~"
        or any(
            first <= letter <= last for first, last in (("\xa0", "\u024f"), ("\u0600", "\u06ff"), ("\u200b", "\u203a"))
        )
    )
