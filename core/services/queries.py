"""Saved queries: kept by analysts, approved by administrators, and the policy of which samples may run."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from core.access.names import checked_name, wrong
from core.connectors.base import StrictModel
from core.connectors.catalog import KindCatalog
from core.connectors.forms import validate
from core.errors import Conflict, Forbidden, NotFound, PreconditionFailed
from core.i18n.collation import name_key
from core.models import Actor, QueryStatus, Role, SamplePolicy, SavedQuery
from core.safety.approved import EXAMPLES, check_placeholders, filled
from core.services.audit import Audit
from core.services.rights import require
from core.services.source_trail import asked_for
from core.storage.encryption import SealBroken
from core.storage.queries import QueryRepository
from core.storage.sources import SourceRecord, SourceRepository

TEXT_MAX = 200_000
"""Characters of a query's JSON text: the longest SQL has 100,000."""
PARAMETERS_MAX = 50


def _parameter_name(name: str) -> str:
    if not (name.isidentifier() and len(name) <= 63):
        raise PydanticCustomError("parameter_name", "letters, digits and underscores")
    return name


ParameterName = Annotated[str, AfterValidator(_parameter_name)]
ParameterType = Literal["integer", "float", "string", "boolean", "date", "timestamp"]
Parameters = Annotated[dict[ParameterName, ParameterType], Field(max_length=PARAMETERS_MAX)]


class QueryInput(StrictModel):
    """Everything that saves a query."""

    name: str
    source_id: UUID
    params: dict[str, Any]
    parameters: Parameters = Field(default_factory=dict)
    shared: bool = False


class QueryPatch(StrictModel):
    """Only what is sent changes; `params` and `parameters` are one text and its types, so each is replaced whole."""

    name: str = ""
    params: dict[str, Any] = Field(default_factory=dict)
    parameters: Parameters = Field(default_factory=dict)
    shared: bool = False


class SavedQueries:
    """Every method takes the actor first and raises NotFound for a foreign organisation, for a query that is not the
    organisation's, and for a private draft of somebody else's; Forbidden where the role is too small."""

    def __init__(
        self,
        queries: QueryRepository,
        sources: SourceRepository,
        kinds: KindCatalog,
        audit: Audit,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._queries, self._sources, self._kinds = queries, sources, kinds
        self._audit, self._clock = audit, clock

    async def authorise(self, actor: Actor, org: str, role: Role, query_id: UUID, *, to_change: bool = False) -> None:
        """Raises NotFound or Forbidden as every other method would, before any input is read."""
        await self._found(actor, org, query_id, role)
        if to_change:
            await self._own(actor, org, query_id)

    async def list(self, actor: Actor, org: str, source_id: UUID | None = None) -> tuple[SavedQuery, ...]:
        """One's own and those that are shared, approved ones first, then by name; of one source where it is named.

        Administrators see what waits for them too.
        """
        require(actor, org, Role.ANALYST)
        found = [query for query in await self._queries.of_org(org) if _visible(actor, org, query)]
        of_one = [query for query in found if source_id in (None, query.source_id)]
        return tuple(sorted(of_one, key=lambda query: (query.status is not QueryStatus.APPROVED, name_key(query.name))))

    async def get(self, actor: Actor, org: str, query_id: UUID) -> SavedQuery:
        return await self._found(actor, org, query_id, Role.ANALYST)

    async def save(self, actor: Actor, org: str, draft: Mapping[str, Any]) -> SavedQuery:
        """Raises InvalidInput naming each wrong field, QueryRefused for what no sample may do, Conflict for a taken
        name, NotFound for another organisation's source."""
        require(actor, org, Role.ANALYST)
        given = validate(QueryInput, draft)
        name, source = checked_name("name", given.name), await self._source(org, given.source_id)
        await self._check(source, given.params, given.parameters)
        values = {"name": name, "params": given.params, "parameters": dict(given.parameters), "shared": given.shared}
        async with self._audit.change(actor, org, "query.create", name) as entry:
            query = await self._queries.add(source, values | {"owner": actor.name})
            entry.target_id, entry.after = str(query.id), _told(query)
        return query

    async def update(self, actor: Actor, org: str, query_id: UUID, changes: Mapping[str, Any]) -> SavedQuery:
        """By whoever saved it, or an administrator. Another text or another type makes it a draft again.

        Raises InvalidInput, QueryRefused, Conflict, PreconditionFailed where somebody else changed it in between.
        """
        query = await self._own(actor, org, query_id)
        given = validate(QueryPatch, changes).model_dump(exclude_unset=True)
        if "name" in given:
            given["name"] = checked_name("name", given["name"])
        params, types = given.get("params", query.params), given.get("parameters", query.parameters)
        if _text(params, types) != _text(query.params, query.parameters):
            await self._check(await self._source(org, query.source_id), params, types)
            given |= {"status": QueryStatus.DRAFT.value, **_nobody("requested"), **_nobody("decided")}
        return await self._change(actor, org, "query.update", query, given)

    async def delete(self, actor: Actor, org: str, query_id: UUID) -> None:
        """By whoever saved it, or an administrator."""
        query = await self._own(actor, org, query_id)
        async with self._audit.change(actor, org, "query.delete", query.name, query.id) as entry:
            await self._queries.delete(query)
            entry.before = _told(query)

    async def request(self, actor: Actor, org: str, query_id: UUID) -> SavedQuery:
        """Asks the administrators to approve. Raises Conflict for one that is approved."""
        query = await self._found(actor, org, query_id, Role.ANALYST)
        if query.status is QueryStatus.APPROVED:
            raise Conflict("query_approved", name=query.name)
        who = {"requested_by": actor.name, "requested_at": self._clock()}
        return await self._change(actor, org, "query.request", query, who | {"status": QueryStatus.REQUESTED.value})

    async def approve(self, actor: Actor, org: str, query_id: UUID, version: int | None = None) -> SavedQuery:
        """With `version` only that one, which somebody read. Raises PreconditionFailed when it was changed since."""
        return await self._decide(actor, org, query_id, "query.approve", QueryStatus.APPROVED, version)

    async def revoke(self, actor: Actor, org: str, query_id: UUID) -> SavedQuery:
        """Takes an approval back, or turns a request down."""
        return await self._decide(actor, org, query_id, "query.revoke", QueryStatus.REVOKED, None)

    async def filled(
        self, actor: Actor, org: str, query_id: UUID, parameters: Mapping[str, Any]
    ) -> tuple[SavedQuery, dict[str, Any]]:
        """The query, and the parameters of the sample that it is with these values. Raises InvalidInput."""
        query = await self._found(actor, org, query_id, Role.ANALYST)
        return query, filled(query.params, query.parameters, parameters)

    async def policy(self, actor: Actor, org: str) -> SamplePolicy:
        require(actor, org, Role.VIEWER)
        return await self._queries.policy(org)

    async def set_policy(self, actor: Actor, org: str, policy: str) -> SamplePolicy:
        """`open` or `approved_only`; it counts from the next sample on, in every process. Raises InvalidInput."""
        require(actor, org, Role.ADMIN)
        if policy not in tuple(SamplePolicy):
            raise wrong("samples", "field.literal_error", expected=" | ".join(SamplePolicy))
        wanted = SamplePolicy(policy)
        async with self._audit.change(actor, org, "policy.update", org) as entry:
            entry.before = {"samples": (await self._queries.policy(org)).value}
            entry.after = {"samples": wanted.value}
            await self._queries.set_policy(org, wanted)
        return wanted

    async def _decide(
        self, actor: Actor, org: str, query_id: UUID, action: str, status: QueryStatus, version: int | None
    ) -> SavedQuery:
        query = await self._found(actor, org, query_id, Role.ADMIN)
        if version not in (None, query.version):
            raise PreconditionFailed("query_stale")
        decided = {"status": status.value, "decided_by": actor.name, "decided_at": self._clock()}
        return await self._change(actor, org, action, query, decided)

    async def _change(
        self, actor: Actor, org: str, action: str, query: SavedQuery, values: Mapping[str, Any]
    ) -> SavedQuery:
        async with self._audit.change(actor, org, action, query.name, query.id) as entry:
            changed = await self._queries.update(org, query, values)
            entry.changed(_told(query), _told(changed))
        return changed

    async def _own(self, actor: Actor, org: str, query_id: UUID) -> SavedQuery:
        query = await self._found(actor, org, query_id, Role.ANALYST)
        if query.owner != actor.name and actor.roles[org] < Role.ADMIN:
            raise Forbidden("role", role=Role.ADMIN.label)
        return query

    async def _found(self, actor: Actor, org: str, query_id: UUID, role: Role) -> SavedQuery:
        require(actor, org, Role.VIEWER)
        query = await self._queries.get(org, query_id)
        # An administrator's list holds nobody's drafts; whoever was given one's id may have it decided on.
        if query is None or not (_visible(actor, org, query) or actor.roles[org] >= Role.ADMIN):
            raise NotFound()
        require(actor, org, role)
        return query

    async def _source(self, org: str, source_id: UUID) -> SourceRecord:
        record = await self._sources.get(org, source_id)
        if record is None:
            raise wrong("source_id", "field.unknown_source")
        return record

    async def _check(self, source: SourceRecord, params: Mapping[str, Any], types: Mapping[str, str]) -> None:
        """Raises InvalidInput, ConfigError or QueryRefused for what could never run."""
        if len(json.dumps(params, ensure_ascii=False)) > TEXT_MAX:
            raise wrong("params", "field.too_long", max_length=TEXT_MAX)
        check_placeholders(params, types)
        example = filled(params, types, {name: EXAMPLES[wanted] for name, wanted in types.items()})
        plain = self._config(source)
        config = self._kinds.public(source.kind, plain)
        await asyncio.to_thread(self._kinds.check_params, source.kind, example, config)
        if plain and self._kinds.masked(source.kind, plain, params) != params:
            raise wrong("params", "field.query_secret")

    def _config(self, source: SourceRecord) -> Mapping[str, Any]:
        """Empty for one that does not open."""
        try:
            return self._sources.config(source)
        except SealBroken:
            return {}


def _visible(actor: Actor, org: str, query: SavedQuery) -> bool:
    waiting = query.status is not QueryStatus.DRAFT and actor.roles[org] >= Role.ADMIN
    return query.shared or query.owner == actor.name or waiting


def _text(params: Mapping[str, Any], types: Mapping[str, str]) -> str:
    """Equal only where nothing at all is different: 1 and 1.0, and the order of names, count here."""
    return json.dumps([params, sorted(types.items())])


def _nobody(what: str) -> dict[str, None]:
    return {f"{what}_by": None, f"{what}_at": None}


def _told(query: SavedQuery) -> dict[str, Any]:
    """What the trail says of a query."""
    said = {"name": query.name, "source": query.source_name, "shared": query.shared, "status": query.status.value}
    return {**said, "parameters": dict(query.parameters), **asked_for(query.params)}
