"""What a service says of itself in its OpenAPI document, where it has one, as entries of the catalogue.

An operation that can be asked as it is has its path for an entry's path. One that needs values has `openapi:` before
it, and what its answer holds comes from the document: after `#` the names, as a JSON Pointer (RFC 6901).
"""

import asyncio
from itertools import islice
from typing import Any

from core.connectors.rest import table
from core.connectors.rest.openapi import Document, Operation, document_of
from core.connectors.rest.service import Service
from core.errors import BadAnswer, LimitExceeded, QueryRefused, SourceError, SourceUnavailable
from core.models import LEVEL_MAX, CatalogEntry
from core.safety.rest import check_path
from core.values import clean

PLACES = ("/openapi.json", "/swagger.json", "/api/openapi.json")
BYTES_MAX = 2 * 1024 * 1024
LOOK_S = 3.0
"""Seconds in which a document is found, or there is none: the rest of the catalogue does not wait for it."""
LEVELS_MAX = 8
MARK = "openapi:"


class Operations:
    """Remembers where the document was found, not what it said."""

    def __init__(self, service: Service) -> None:
        self._service, self._place = service, ""

    async def listed(self) -> tuple[list[CatalogEntry], bool]:
        """The operations, and whether a document may be there that could not be read."""
        try:
            async with asyncio.timeout(LOOK_S):
                found = await self._document()
        except (SourceError, TimeoutError):
            return [], True
        return (await asyncio.to_thread(self._entries, found) if found else []), False

    async def below(self, path: str) -> list[CatalogEntry]:
        """The fields of an operation's answer, or of what is in it. Raises SourceError."""
        found = await self._document()
        return await asyncio.to_thread(self._fields, found, path) if found else []

    async def _document(self) -> Document | None:
        for place in dict.fromkeys(filter(None, (self._place, *PLACES))):
            found = document_of(await self._read(place), self._service.base.raw_path)
            if found is not None:
                self._place = place
                return found
        return None

    async def _read(self, place: str) -> Any:
        """Nothing where there is no document; raises SourceError where nobody can tell."""
        try:
            answer = await self._service.get(self._service.url(place), BYTES_MAX)
            refused = self._service.refusal(answer)
            if isinstance(refused, SourceUnavailable):
                raise refused
            return None if refused or not answer.complete else await table.document(answer)
        except (BadAnswer, LimitExceeded):  # a page for people
            return None

    def _entries(self, document: Document) -> list[CatalogEntry]:
        found = (self._entry(document, each) for each in document.operations() if self._sound(each.path))
        return list(islice(found, LEVEL_MAX))

    def _entry(self, document: Document, operation: Operation) -> CatalogEntry:
        path, detail = operation.path, operation.detail
        if detail is not None and not self._presentable(detail):
            detail = None
        if not operation.needs:
            return CatalogEntry(path, path, "path", detail, expandable=True)
        return CatalogEntry(path, MARK + path, "operation", detail, bool(document.properties(operation.answer)))

    def _fields(self, document: Document, path: str) -> list[CatalogEntry]:
        place, _, inside = path.removeprefix(MARK).partition("#")
        names = [name.replace("~1", "/").replace("~0", "~") for name in inside.split("/")[1:]]
        schema: Any = next((each.answer for each in document.operations() if each.path == place), None)
        for name in names[:LEVELS_MAX]:
            schema = document.properties(schema).get(name)
        above = f"{MARK}{place}#{inside}"
        deeper = len(names) + 1 < LEVELS_MAX
        named = ((name, each) for name, each in document.properties(schema).items() if self._presentable(name))
        return [self._field(document, above, name, each, deeper) for name, each in islice(named, LEVEL_MAX)]

    def _field(self, document: Document, above: str, name: str, schema: Any, deeper: bool) -> CatalogEntry:
        path, type_ = f"{above}/{name.replace('~', '~0').replace('/', '~1')}", document.type_of(schema)
        type_ = type_ if self._presentable(type_) else "any"
        return CatalogEntry(name, path, type_, None, deeper and bool(document.properties(schema)))

    def _sound(self, path: str) -> bool:
        try:
            check_path(path)
        except QueryRefused:
            return False
        return self._presentable(path)

    def _presentable(self, text: str) -> bool:
        return clean(text) == text and self._service.tells_nothing(text)
