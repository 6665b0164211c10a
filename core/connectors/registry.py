"""Which kinds of source exist. A kind registers itself with `@register`; files in `kinds/` are found by name."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from types import MappingProxyType

from core.connectors import kinds as builtin
from core.connectors.base import Connector

ENTRY_POINT_GROUP = "cheshmeh.connectors"


class Registry:
    """Kinds by name. Two kinds of one name are a programming error and raise ValueError."""

    def __init__(self) -> None:
        self._kinds: dict[str, type[Connector]] = {}
        self.kinds: Mapping[str, type[Connector]] = MappingProxyType(self._kinds)

    def register(self, name: str) -> Callable[[type[Connector]], type[Connector]]:
        def add(cls: type[Connector]) -> type[Connector]:
            if name in self._kinds and self._kinds[name] is not cls:
                raise ValueError(f"two connectors register the kind {name!r}")
            cls.kind = name
            self._kinds[name] = cls
            return cls

        return add

    def discover(self) -> "Registry":
        """Imports every file of `kinds/` and every third-party entry point; drivers stay unloaded until used."""
        for module in pkgutil.iter_modules(builtin.__path__):
            importlib.import_module(f"{builtin.__name__}.{module.name}")
        for entry in entry_points(group=ENTRY_POINT_GROUP):
            self.register(entry.name)(entry.load())
        return self


registry = Registry()
register = registry.register
