"""The services of this process, asked and answering as a dashboard is over HTTP."""

from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from core.api import schemas, source_schemas
from core.api.audit_schemas import LineOut
from core.api.catalog_schemas import CatalogOut
from core.api.history_schemas import HistoryOut, asked
from core.api.ladder_schemas import TestOut, check_line, ladder_line
from core.client import Source as Shown
from core.errors import NotFound, PreconditionFailed
from core.i18n import Translator
from core.models import Actor, Source
from core.runtime import Runtime
from core.services.audit import LIMIT_MAX
from core.services.inputs import parse_draft
from core.services.sources import PAGE_MAX
from core.services.spans import parse_moment

Json = dict[str, Any]
T = TypeVar("T")


class Here:
    """The methods of `core.client.Client` without a dashboard. Raises CheshmehError."""

    def __init__(self, runtime: Runtime, actor: Actor, speak: Translator) -> None:
        self._runtime, self._actor, self._speak = runtime, actor, speak
        self._sources = runtime.sources

    def list(self, org: str, **wanted: str | None) -> Iterator[Json]:
        cursor: str | None = None
        while True:
            page = self._run(self._sources.list(self._actor, org, limit=PAGE_MAX, cursor=cursor, **wanted))
            yield from (self._shown(source) for source in page.items)
            cursor = page.next_cursor
            if cursor is None:
                return

    def get(self, org: str, ds_id: str) -> Shown:
        return self._shown(self._run(self._sources.get(self._actor, org, _id(ds_id))))

    def create(self, org: str, source: Mapping[str, Any]) -> Shown:
        return self._shown(self._run(self._sources.create(self._actor, org, parse_draft(source))))

    def test(self, org: str, kind: str, config: Mapping[str, Any]) -> Json:
        tried = self._run(self._sources.test(self._actor, org, kind, config))
        return TestOut.of(tried, self._speak).model_dump(mode="json")

    def update(
        self, org: str, ds_id: str, changes: Mapping[str, Any], *, if_match: str | None = None, verify: bool = False
    ) -> Shown:
        version = _version(if_match)
        changed = self._sources.update(self._actor, org, _id(ds_id), changes, if_version=version, verify=verify)
        return self._shown(self._run(changed))

    def delete(self, org: str, ds_id: str, *, if_match: str | None = None) -> None:
        self._run(self._sources.delete(self._actor, org, _id(ds_id), if_version=_version(if_match)))

    def ping(self, org: str, ds_id: str) -> Json:
        result = self._run(self._sources.ping(self._actor, org, _id(ds_id)))
        return schemas.PingOut.of(result, self._speak).model_dump(mode="json", exclude_none=True)

    def ping_all(self, org: str) -> Iterator[Json]:
        job = self._run(self._sources.ping_all(self._actor, org))
        for row in self._each(job.results()):
            yield schemas.PingLine.of(row, self._speak).model_dump(mode="json")
        yield schemas.PingSummary.of(job.view()).model_dump(mode="json")

    def sample(self, org: str, ds_id: str, params: Mapping[str, Any]) -> Json:
        result = self._run(self._sources.sample(self._actor, org, _id(ds_id), params))
        return schemas.SampleOut.of(result, self._speak).model_dump(mode="json")

    def diagnose(self, org: str, ds_id: str) -> Iterator[Json]:
        job = self._run(self._sources.diagnose(self._actor, org, _id(ds_id)))
        yield from (check_line(check, self._speak) for check in self._each(job.results()))
        yield ladder_line(job.view(), self._speak)

    def catalog(self, org: str, ds_id: str, path: str, *, fresh: bool = False) -> Json:
        level = self._run(self._sources.catalog(self._actor, org, _id(ds_id), path, fresh=fresh))
        return CatalogOut.of(level).model_dump(mode="json", exclude_none=True)

    def history(self, org: str, ds_id: str, since: str | None, until: str | None, step: str | None) -> Json:
        ends = asked(since, until, step)
        past = self._run(self._runtime.history.of_source(self._actor, org, _id(ds_id), *ends))
        return HistoryOut.of(past).model_dump(mode="json", by_alias=True)

    def set_breaker(self, org: str, ds_id: str, action: str, reason: str) -> Shown:
        order = {"action": action, "reason": reason}
        return self._shown(self._run(self._sources.set_breaker(self._actor, org, _id(ds_id), order)))

    def health(self, org: str) -> Json:
        summary = self._run(self._sources.health(self._actor, org))
        return schemas.HealthOut.of(summary, self._speak).model_dump(mode="json")

    def audit(self, org: str | None, since: str | None, until: str | None) -> Iterator[Json]:
        """As the client's; None is what belongs to no organisation."""
        begin = None if since is None else parse_moment("since", since)
        end = None if until is None else parse_moment("until", until)
        read = partial(self._runtime.audit.lines, self._actor, org, since=begin, until=end, limit=LIMIT_MAX)
        page = self._run(read())
        yield from (LineOut.of(line).model_dump(mode="json") for line in page.items)
        while page.next_cursor is not None:
            page = self._run(read(cursor=page.next_cursor))
            yield from (LineOut.of(line).model_dump(mode="json") for line in page.items)

    def _shown(self, source: Source) -> Shown:
        shown = Shown(source_schemas.SourceOut.of(source, self._speak).model_dump(mode="json"))
        shown.etag = f'"{source.version}"'
        return shown

    def _each(self, items: AsyncIterator[T]) -> Iterator[T]:
        """One by one as they come."""
        while (found := self._run(_next(items))) is not None:
            yield found

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runtime.run(work)


async def _next(items: AsyncIterator[T]) -> T | None:
    return await anext(items, None)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound() from None


def _version(etag: str | None) -> int | None:
    digits = None if etag is None else etag.strip('"')
    if digits is None:
        return None
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise PreconditionFailed("stale")
    return int(digits)
