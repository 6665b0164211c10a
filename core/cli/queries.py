"""`queries list | approve | revoke` and `orgs policy`: what an organisation lets run."""

from typing import Annotated, Any
from uuid import UUID

import typer

from core.cli.context import run
from core.cli.output import Json, Org, show
from core.models import Actor, SamplePolicy, SavedQuery
from core.runtime import Runtime

app = typer.Typer(no_args_is_help=True)
Id = Annotated[UUID, typer.Argument(metavar="ID")]
Version = Annotated[
    int | None, typer.Option("--version", min=1, help="only as it was read: refused when it was changed since")
]
COLUMNS = ("id", "status", "source", "owner", "name", "version")


@app.command("list")
def list_queries(org: Org, as_json: Json = False) -> None:
    """Show saved queries, approved ones first; of other people's private ones those that were handed in."""
    rows = [_shown(query) for query in run(lambda runtime, actor: runtime.queries.list(actor, org))]
    show(rows, as_json, *("\t".join(str(row[name]) for name in COLUMNS) for row in rows))


@app.command()
def approve(org: Org, query_id: Id, version: Version = None, as_json: Json = False) -> None:
    """Let a saved query run under approved_only: this text, with any value of its parameters' types."""
    _say(run(lambda runtime, actor: runtime.queries.approve(actor, org, query_id, version)), as_json)


@app.command()
def revoke(org: Org, query_id: Id, as_json: Json = False) -> None:
    """Take an approval back, or turn a request down."""
    _say(run(lambda runtime, actor: runtime.queries.revoke(actor, org, query_id)), as_json)


def policy(
    org: str,
    samples: Annotated[SamplePolicy | None, typer.Option("--samples", help="which samples may run")] = None,
    as_json: Json = False,
) -> None:
    """Show which samples an organisation lets run, or set it: every safe one, or only approved queries."""

    async def work(runtime: Runtime, actor: Actor) -> SamplePolicy:
        if samples is None:
            return await runtime.queries.policy(actor, org)
        return await runtime.queries.set_policy(actor, org, samples.value)

    present = run(work)
    show({"org": org, "samples": present.value}, as_json, present.value)


def _say(query: SavedQuery, as_json: bool) -> None:
    show(_shown(query), as_json, f"{query.id}\t{query.status}")


def _shown(query: SavedQuery) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": str(query.id),
        "name": query.name,
        "status": query.status.value,
        "source": query.source_name,
    }
    said |= {"owner": query.owner, "shared": query.shared, "requested_by": query.requested_by}
    asked = {"params": dict(query.params), "parameters": dict(query.parameters), "version": query.version}
    return {**said, "decided_by": query.decided_by, **asked}
