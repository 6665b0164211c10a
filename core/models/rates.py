"""How often something may happen."""

import re
from dataclasses import dataclass

_WRITTEN = re.compile(r"(\d{1,9})/(\d{1,4})(s|m|h)", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` times in `seconds`; never limited where `count` is 0."""

    count: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Of `1000/10s` (or `m`, `h`), or `0` for no limit. Raises ValueError."""
        if text.strip() == "0":
            return cls(0, 1)
        found = _WRITTEN.fullmatch(text.strip())
        if found is None or not int(found[1]) or not int(found[2]):
            raise ValueError("must be COUNT/TIME as in 1000/10s, or 0 for no limit")
        return cls(int(found[1]), int(found[2]) * _SECONDS[found[3]])
