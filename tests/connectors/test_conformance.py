"""Every kind is held to the same promises."""

import importlib
import pkgutil
from collections.abc import Iterator

from core.connectors.registry import registry
from tests import connectors
from tests.connectors.conformance import ConnectorConformance


def _held(suite: type[ConnectorConformance]) -> Iterator[str]:
    for held in suite.__subclasses__():
        if held.__name__.startswith("Test"):
            yield held.connector_class.kind
        yield from _held(held)


def test_every_kind_has_a_conformance_test():
    for module in pkgutil.iter_modules(connectors.__path__, f"{connectors.__name__}."):
        importlib.import_module(module.name)
    assert set(registry.discover().kinds) <= set(_held(ConnectorConformance))
