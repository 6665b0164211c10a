"""Reading pasted connection strings for pages, which know nothing of connectors."""

from core.connectors.pasted import Pasted, from_pasted

__all__ = ["Pasted", "from_pasted"]
