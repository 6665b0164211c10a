"""Charts of a sample: which one says most, and what is drawn for the one that somebody chose."""

from core.plots.choice import AGGREGATES, KINDS, Plot, Role, drawable, role_of, suggested
from core.plots.drawn import CATEGORIES_MAX, POINTS_MAX, SERIES_MAX, Drawn, Series, drawn

__all__ = [
    "AGGREGATES", "CATEGORIES_MAX", "KINDS", "POINTS_MAX", "SERIES_MAX", "Drawn", "Plot", "Role", "Series", "drawable",
    "drawn", "role_of", "suggested",
]  # fmt: skip
