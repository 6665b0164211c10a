"""What may be asked of the kinds of source themselves, whoever asks."""

from collections.abc import Mapping
from typing import Any

from core.connectors.catalog import KindCatalog
from core.models import CatalogEntry, KindInfo, KindSchemas, Source


class KindQuestions:
    """The part of `DataSourceService` that needs neither an actor nor a source that is there."""

    _kinds: KindCatalog

    def kinds(self) -> tuple[KindInfo, ...]:
        """Every kind of source with its form."""
        return self._kinds.infos()

    def schemas(self) -> tuple[KindSchemas, ...]:
        """Every kind's configuration and sample parameters as JSON Schemas."""
        return self._kinds.schemas()

    def sample_request(self, kind: str, entry: CatalogEntry) -> dict[str, Any]:
        """Parameters that show what an entry of the catalogue holds; empty where there is nothing to show."""
        return self._kinds.sample_request(kind, entry)

    def snippet(self, source: Source, params: Mapping[str, Any]) -> str:
        """A Python program that takes a sample of `source` without us and without its secrets; may be empty."""
        return self._kinds.snippet(source.kind, source.config, params)
