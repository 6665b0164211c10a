"""`tests.servers.apps.ariadne_app:app`: the same airlines over GraphQL by Ariadne."""

from collections.abc import AsyncGenerator

from ariadne import MutationType, ObjectType, QueryType, ScalarType, SubscriptionType, make_executable_schema
from ariadne.asgi import GraphQL
from graphql import GraphQLResolveInfo
from starlette.applications import Starlette
from starlette.requests import Request

from tests.servers.apps.airlines import Airline, Airlines, application

SCHEMA = '''
scalar Date
type Plane { tail: String! seats: Int! }
type Fleet { size: Int! planes: [Plane!]! }
"""Airline of the tests"""
type Airline { carrier: String! name: String! founded: Date! fleet: Fleet! }
type Node { value: Int! node: Node! }
type Query {
  airlines: [Airline!]!
  airline(carrier: String!): Airline
  numbers(count: Int!): [Int!]!
  deep: Node!
  big(size: Int!): String!
  broken: String
  slow(seconds: Float!): Int!
}
type Mutation { rename(carrier: String!, name: String!): Airline }
type Subscription { ticks: Int! }
'''


def queries(airlines: Airlines) -> QueryType:
    async def slow(_: object, info: "GraphQLResolveInfo[dict[str, Request]]", seconds: float) -> int:
        return await airlines.slow(info.context["request"].receive, seconds)

    def broken(*_: object) -> str:
        raise RuntimeError("this field is broken")

    query = QueryType()
    query.set_field("airlines", lambda *_: list(airlines.known.values()))
    query.set_field("airline", lambda *_, carrier: airlines.known.get(carrier))
    query.set_field("numbers", lambda *_, count: list(range(count)))
    query.set_field("deep", lambda *_: {"value": 1})
    query.set_field("big", lambda *_, size: "x" * size)
    query.set_field("broken", broken)
    query.set_field("slow", slow)
    return query


def served() -> Starlette:
    airlines = Airlines()

    def rename(*_: object, carrier: str, name: str) -> Airline | None:
        return airlines.rename(carrier, name)

    async def ticks(*_: object) -> AsyncGenerator[int]:
        yield 1

    node, mutation, subscription = ObjectType("Node"), MutationType(), SubscriptionType()
    node.set_field("node", lambda parent, _: {"value": parent["value"] + 1})
    mutation.set_field("rename", rename)
    subscription.set_source("ticks", ticks)
    subscription.set_field("ticks", lambda tick, _: tick)
    dates = ScalarType("Date", serializer=str)
    schema = make_executable_schema(SCHEMA, queries(airlines), node, mutation, subscription, dates)
    return application(airlines, graphql=GraphQL(schema, explorer=None))


app = served()
