"""The HTTP interface: the same services as the pages, spoken to by programs."""

from core.api.interface import Interface, build

__all__ = ["Interface", "build"]
