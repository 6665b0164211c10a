"""What the columns of a sample hold: of the rows that are there, never of the whole table."""

from core.profiles.bins import BINS_MAX, Bin
from core.profiles.column import ColumnProfile, ColumnSummary, Lengths, Top, profile, summary
from core.profiles.persian import RULES, TextCheck

__all__ = [
    "BINS_MAX", "RULES", "Bin", "ColumnProfile", "ColumnSummary", "Lengths", "TextCheck", "Top", "profile", "summary",
]  # fmt: skip
