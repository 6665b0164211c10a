"""`tests.servers.apps.strawberry_app:app`: airlines over GraphQL by Strawberry."""

from collections.abc import AsyncGenerator

import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.extensions import DisableIntrospection, SchemaExtension

from tests.servers.apps.airlines import Airline, Airlines, Fleet, Plane, application

for plain in (Plane, Fleet, Airline):
    strawberry.type(plain, description=f"{plain.__name__} of the tests")


@strawberry.type
class Node:
    value: int

    @strawberry.field
    def node(self) -> "Node":
        return Node(value=self.value + 1)


class Context(dict[str, object]):
    """What resolvers are given."""

    def __init__(self, request: Request | WebSocket, airlines: Airlines) -> None:
        super().__init__()
        self.request, self.airlines = request, airlines


Info = strawberry.Info[Context, None]


@strawberry.type
class Query:
    @strawberry.field
    def airlines(self, info: Info) -> list[Airline]:
        return list(info.context.airlines.known.values())

    @strawberry.field
    def airline(self, info: Info, carrier: str) -> Airline | None:
        return info.context.airlines.known.get(carrier)

    @strawberry.field
    def numbers(self, count: int) -> list[int]:
        return list(range(count))

    @strawberry.field
    def deep(self) -> Node:
        return Node(value=1)

    @strawberry.field
    def big(self, size: int) -> str:
        return "x" * size

    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError("this field is broken")

    @strawberry.field
    async def slow(self, info: Info, seconds: float) -> int:
        return await info.context.airlines.slow(info.context.request.receive, seconds)


@strawberry.type
class Mutation:
    @strawberry.mutation
    def rename(self, info: Info, carrier: str, name: str) -> Airline | None:
        return info.context.airlines.rename(carrier, name)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncGenerator[int]:
        yield 1


class Endpoint(GraphQL[Context, None]):
    def __init__(self, schema: strawberry.Schema, airlines: Airlines) -> None:
        super().__init__(schema, graphql_ide=None, allow_queries_via_get=False)
        self._airlines = airlines

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        return Context(request, self._airlines)


def schema(*extensions: type[SchemaExtension]) -> strawberry.Schema:
    return strawberry.Schema(Query, Mutation, Subscription, extensions=extensions)


def served() -> Starlette:
    airlines = Airlines()
    return application(
        airlines,
        graphql=Endpoint(schema(), airlines),
        no_introspection=Endpoint(schema(DisableIntrospection), airlines),
    )


app = served()
