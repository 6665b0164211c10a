"""Which addresses may be connected to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """To be filled: see the module docstring."""
