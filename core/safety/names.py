"""One spelling for the names of hosts."""

import re

import idna

_HOST = re.compile(r"[A-Za-z0-9._:%-]+")


def ascii_name(name: str) -> str:
    """A host's name as the name service takes it. Raises UnicodeError for what can be none.

    Plain ASCII is left alone: names of containers hold underscores, which IDNA does not know.
    """
    plain = name if name.isascii() else idna.encode(name, uts46=True).decode("ascii")
    # The resolver stops reading at a NUL and takes `*` for this machine: it must see names only.
    if not _HOST.fullmatch(plain):
        raise UnicodeError("not a host name")
    return plain


def plain_name(host: str) -> str:
    """Small ASCII letters, without the dot of the root; empty for what is no name."""
    try:
        return ascii_name(host.removesuffix(".")).lower()
    except UnicodeError:
        return ""
