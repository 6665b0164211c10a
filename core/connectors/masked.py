"""A connector whose every word is without the secrets of its own configuration.

Kinds scrub what a driver says where they read it, because they know how it was sent. This is for what one of them
forgets: whatever becomes an answer, an event, a page, a message or an export has come through here.
"""

from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, NoReturn, TypeVar

from core.connectors import forms
from core.connectors.base import Connector, ConnectorConfig, Environment
from core.errors import CheshmehError
from core.models import CatalogEntry, Check, Column, Message, Sample
from core.redaction import covered
from core.secret_search import SecretSearch
from core.values import clean, unique_names

T = TypeVar("T")


class MaskedConnector(Connector):
    """Wraps a connector that was built with `config`. Cells of samples are left to `core.values.RowBuilder`."""

    def __init__(self, connector: Connector, config: ConnectorConfig) -> None:
        self._connector, self._config = connector, config

    async def ping(self) -> tuple[bool, str]:
        healthy, said = await self._told(self._connector.ping())
        return healthy, self._text(said)

    async def sample(self, params: dict[str, Any]) -> Sample:
        return self._sample(await self._told(self._connector.sample(params)))

    async def describe(self, path: str = "") -> list[CatalogEntry]:
        return list(map(self._entry, await self._told(self._connector.describe(path))))

    async def diagnose(self) -> AsyncIterator[Check]:
        try:
            async for check in self._connector.diagnose():
                yield self._check(check)
        except CheshmehError as err:
            self._reword(err)
            raise

    async def close(self) -> None:
        await self._connector.close()

    @classmethod
    def build(cls, config: Any, environment: Environment) -> NoReturn:
        """It is no kind: nothing is built of a configuration alone."""
        raise NotImplementedError

    @classmethod
    def check_params(cls, params: Mapping[str, Any], environment: Environment) -> NoReturn:
        """Parameters are judged by the kind."""
        raise NotImplementedError

    async def _told(self, work: Awaitable[T]) -> T:
        try:
            return await work
        except CheshmehError as err:
            self._reword(err)
            raise

    def _reword(self, err: CheshmehError) -> None:
        if err.arguments:
            err.arguments = self._arguments(err.arguments)
        if err.fields:
            err.fields = tuple(replace(field, message=self._message(field.message)) for field in err.fields)

    def _sample(self, sample: Sample) -> Sample:
        executed, notes = self._text(sample.executed), tuple(map(self._message, sample.notes))
        return replace(sample, columns=self._columns(sample.columns), executed=executed, notes=notes)

    def _columns(self, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        names = [self._text(column.name) for column in columns]
        if names == [column.name for column in columns]:
            return columns
        return tuple(Column(name, each.type) for name, each in zip(unique_names(names)[0], columns, strict=True))

    def _entry(self, entry: CatalogEntry) -> CatalogEntry:
        name, path = self._text(entry.name), self._text(entry.path)
        return replace(entry, name=name, path=path, detail=entry.detail and self._text(entry.detail))

    def _check(self, check: Check) -> Check:
        evidence, advice = (message and self._message(message) for message in (check.evidence, check.advice))
        return replace(check, evidence=evidence, advice=advice, facts=self._arguments(check.facts))

    def _message(self, message: Message) -> Message:
        return Message(message.key, self._arguments(message.args)) if message.args else message

    def _arguments(self, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: self._value(value) for name, value in arguments.items()}

    def _value(self, value: Any) -> Any:
        match value:
            case str():
                return self._text(value)
            case Mapping():
                return {self._text(str(name)): self._value(each) for name, each in value.items()}
            case list() | tuple():
                return type(value)(map(self._value, value))
        return value

    def _text(self, text: str) -> str:
        # What neither JSON nor a database takes: one word of one source would end everybody's checks and lists.
        text = clean(text).replace("\0", "\ufffd")
        masked = covered(text, self._search)
        # A host that is also somebody's password stands on every page as it is. What is shown is a form to write out.
        return text if masked == text or any(text in shown for shown in self._shown) else masked

    @cached_property
    def _search(self) -> SecretSearch:
        return SecretSearch(forms.secret_values(self._config))

    @cached_property
    def _shown(self) -> tuple[str, ...]:
        return tuple(_texts(forms.public_config(type(self._config), forms.plain_config(self._config))))


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for each in value.values():
                yield from _texts(each)
        case list() | tuple():
            for each in value:
                yield from _texts(each)
