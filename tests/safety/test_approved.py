"""Which requests are the ones that were approved."""

from typing import Any

import pytest

from core.errors import InvalidInput
from core.safety.approved import EXAMPLES, TYPES, admits, check_placeholders, filled, fits

SQL = "SELECT id, total FROM orders WHERE city = 'New York' AND id > $1"


def param(name: str) -> dict[str, str]:
    return {"$param": name}


def sql(text: str, **rest: Any) -> dict[str, Any]:
    return {"sql": text, **rest}


SAME_SQL = [
    "select ID, Total from ORDERS where CITY = 'New York' and iD > $1",
    "SELECT id, total -- the newest\nFROM orders WHERE city = 'New York' AND id > $1",
    "SELECT id /* a /* nested */ word */, total FROM orders\n\tWHERE city='New York' AND id>$1",
]
OTHER_SQL = [
    "SELECT id, total FROM orders WHERE city = 'New  York' AND id > $1",
    "SELECT id, total FROM orders WHERE city = 'new York' AND id > $1",
    "SELECT id, total FROM orders WHERE city = 'New York' /* '*/ AND id > $2",
    "SELECT id, total FROM orders WHERE city = E'New York' AND id > $1",
    "SELECT \"ID\", total FROM orders WHERE city = 'New York' AND id > $1",
    "SELECT id, total FROM orders WHERE city = 'New York' AND id >= $1",
    "SELECT id, total FROM orders WHERE city = 'New York' AND id > $1 LIMIT 5",
    "SELECT id, total FROM orders WHERE city = 'New York' AND id > '",
    "SELECT id, total FROM orders WHERE city = 'New York' AND id > 1",
    # The driver ends a text at a NUL: the server would run it without its condition.
    "SELECT id, total FROM orders --\0\nWHERE city = 'New York' AND id > $1",
    "SELECT id, total FROM orders /*\0*/ WHERE city = 'New York' AND id > $1",
]


@pytest.mark.parametrize("text", SAME_SQL)
def test_comments_space_and_the_case_of_words_do_not_count(text: str) -> None:
    assert admits("postgres", sql(SQL, args=[5]), {}, sql(text, args=[5]))


@pytest.mark.parametrize("text", OTHER_SQL)
def test_everything_else_of_a_statement_counts(text: str) -> None:
    assert not admits("postgres", sql(SQL, args=[5]), {}, sql(text, args=[5]))


def test_a_string_with_an_escape_of_its_own_is_the_same_only_letter_by_letter() -> None:
    mine = "SELECT U&'d!0061' UESCAPE '!'"
    assert admits("postgres", sql(mine), {}, sql(mine))
    for other in ("SELECT U&'d!0061' UESCAPE '+'", "SELECT U&'d!0061'", "select U&'d!0061' UESCAPE '!'"):
        assert not admits("postgres", sql(mine), {}, sql(other))


def test_a_condition_is_compared_as_a_statement_and_a_table_letter_by_letter() -> None:
    mine = {"table": "shop.orders", "where": "city = 'a b'"}
    assert admits("postgres", mine, {}, {"table": "shop.orders", "where": "CITY='a b' -- here"})
    assert not admits("postgres", mine, {}, {"table": "shop.orders", "where": "city = 'a  b'"})
    assert not admits("postgres", mine, {}, {"table": "Shop.orders", "where": "city = 'a b'"})
    assert not admits("postgres", mine, {}, {"table": "shop.orders"})


def test_text_of_another_kind_is_not_read_as_sql() -> None:
    assert not admits("fake", sql("SELECT 1"), {}, sql("select 1"))


@pytest.mark.parametrize("args", [["5"], [5.0], [True], [None], [[5]], [5, 5], [], None, {"a": 5}])
def test_arguments_may_have_other_values_and_no_other_types(args: Any) -> None:
    assert admits("postgres", sql(SQL, args=[5]), {}, sql(SQL, args=[99]))
    assert not admits("postgres", sql(SQL, args=[5]), {}, sql(SQL, args=args))


def test_an_argument_that_is_filled_in_has_the_declared_type() -> None:
    mine, types = sql(SQL, args=[param("least")]), {"least": "date"}
    assert admits("postgres", mine, types, sql(SQL, args=["2026-01-31"]))
    for other in ("2026-02-30", "x", 5, None, param("least")):
        assert not admits("postgres", mine, types, sql(SQL, args=[other]))
    assert not admits("postgres", mine, {}, sql(SQL, args=["2026-01-31"]))


def test_the_limit_and_what_is_null_do_not_count() -> None:
    mine = {"collection": "a", "filter": {}, "limit": 5}
    assert admits("mongodb", mine, {}, {"collection": "a", "filter": {}, "sort": None, "limit": 900})


@pytest.mark.parametrize("other", ["1", 1.0, True, 2, None, [1], {"$eq": 1}])
def test_values_are_compared_with_their_types(other: Any) -> None:
    assert not admits(
        "mongodb", {"collection": "a", "filter": {"n": 1}}, {}, {"collection": "a", "filter": {"n": other}}
    )


def test_fields_of_a_filter_may_stand_in_any_order_and_those_of_a_document_not() -> None:
    def finds(mine: Any, theirs: Any, name: str = "filter") -> bool:
        return admits("mongodb", {"collection": "a", name: mine}, {}, {"collection": "a", name: theirs})

    assert finds({"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert finds({"a": {"$gt": 1, "$lt": 5}}, {"a": {"$lt": 5, "$gt": 1}})
    assert not finds({"a": {"x": 1, "y": 2}}, {"a": {"y": 2, "x": 1}})
    assert not finds({"a": 1, "b": -1}, {"b": -1, "a": 1}, "sort")
    assert not finds([{"$match": {"a": 1, "b": 2}}], [{"$match": {"b": 2, "a": 1}}], "pipeline")
    assert not finds([{"$match": {}}, {"$limit": 1}], [{"$limit": 1}, {"$match": {}}], "pipeline")


def test_a_value_that_is_filled_in_names_no_field_of_mongodb() -> None:
    mine, types = {"collection": "a", "pipeline": [{"$match": {"city": param("city")}}]}, {"city": "string"}

    def asked(city: Any) -> bool:
        return admits("mongodb", mine, types, {"collection": "a", "pipeline": [{"$match": {"city": city}}]})

    assert asked("تهران")
    assert not any(map(asked, ["$password", {"$ne": ""}, 5, None]))


def test_one_name_stands_for_one_value() -> None:
    mine, types = {"query": {"from": param("day"), "to": param("day")}}, {"day": "integer"}
    assert admits("rest", mine, types, {"query": {"to": 1, "from": 1}})
    assert not admits("rest", mine, types, {"query": {"from": 1, "to": 2}})


def test_graphql_is_compared_as_a_document() -> None:
    mine = {"query": 'query A($n: Int) { planes(first: $n, of: "a b") { id name } }', "variables": {"n": 1}}

    def asked(query: str, variables: Any = None) -> bool:
        return admits("graphql", mine, {}, {"query": query, "variables": variables or {"n": 1}})

    assert asked('query A($n:Int){planes(first:$n,of:"a b"){id,name # both\n}}')
    assert not asked('query A($n: Int) { planes(first: $n, of: "a  b") { id name } }')
    assert not asked('query A($n: Int) { planes(first: $n, of: "a b") { id name maker } }')
    assert not asked('query A($n: Int) { planes(first: $n, of: "a b") { ID name } }')
    assert not asked("query A {")
    assert not asked(mine["query"], {"n": 2})  # type: ignore[arg-type]  # the query is text


@pytest.mark.parametrize(
    ("wanted", "good", "bad"),
    [
        ("integer", [0, -5, 2**63 - 1], [True, 1.0, "1", 2**63, None]),
        ("float", [1, 1.5, -0.0], [True, "1", float("inf"), float("nan"), 10**400]),
        ("string", ["", "a"], [1, None, {}, []]),
        ("boolean", [True, False], [0, 1, "true"]),
        ("date", ["2026-12-31"], ["2026-13-01", "20261231", "2026-12-31T00:00:00", "۲۰۲۶-۱۲-۳۱", 1]),
        ("timestamp", ["2026-12-31T10:20:30Z", "2026-12-31 10:20", "2026-12-31T10:20:30.5+03:30"],
         ["2026-12-31", "2026-12-31T25:00:00Z", "now", 1]),
    ],
)  # fmt: skip
def test_what_each_type_takes(wanted: str, good: list[Any], bad: list[Any]) -> None:
    assert all(fits(wanted, value) for value in good)
    assert not any(fits(wanted, value) for value in bad)


def test_every_type_has_an_example_of_itself() -> None:
    assert all(fits(name, EXAMPLES[name]) for name in TYPES)


def test_a_request_that_was_filled_in_is_the_one_that_was_approved() -> None:
    mine = {"filter": {"a": {"$gte": param("from")}, "b": [param("to")]}, "collection": "c"}
    types = {"from": "integer", "to": "string"}
    asked = filled(mine, types, {"from": 3, "to": "x"})
    assert asked == {"filter": {"a": {"$gte": 3}, "b": ["x"]}, "collection": "c"}
    assert admits("mongodb", mine, types, asked)


def test_what_is_filled_in_is_named_where_it_is_wrong() -> None:
    with pytest.raises(InvalidInput) as refused:
        filled({"args": [param("a"), param("b")]}, {"a": "integer", "b": "date"}, {"a": "1", "c": 1})
    assert {each.field: each.message.key for each in refused.value.fields} == {
        "parameters.a": "field.parameter_type",
        "parameters.b": "field.missing",
        "parameters.c": "field.extra_forbidden",
    }


@pytest.mark.parametrize(
    ("params", "types", "field"),
    [
        ({"sql": param("a")}, {"a": "string"}, "params.sql"),
        ({"collection": param("a"), "filter": {"x": param("a")}}, {"a": "string"}, "params.collection"),
        ({"query": param("a")}, {"a": "string"}, "params.query"),
        ({"path": param("a"), "query": {"x": param("a")}}, {"a": "string"}, "params.path"),
        ({"args": [param("a")]}, {}, "parameters.a"),
        ({"args": [1]}, {"a": "string"}, "parameters.a"),
    ],
)
def test_a_placeholder_stands_for_a_value_and_for_no_text(params: Any, types: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_placeholders(params, types)
    assert refused.value.fields[0].field == field


NAMES_LEFT_OPEN = [
    [{"$lookup": {"from": param("n"), "as": "x", "pipeline": []}}],
    [{"$lookup": {"from": "a", "localField": param("n"), "foreignField": "b", "as": "x"}}],
    [
        {
            "$graphLookup": {
                "from": param("n"),
                "startWith": "$a",
                "connectFromField": "a",
                "connectToField": "b",
                "as": "x",
            }
        }
    ],
    [{"$unionWith": param("n")}],
    [{"$facet": {"a": [{"$unionWith": {"coll": param("n")}}]}}],
    [{"$project": {"x": {"$getField": param("n")}}}],
    [{"$project": {"x": {"$getField": {"field": param("n"), "input": "$$ROOT"}}}}],
]
VALUES_LEFT_OPEN = [
    [{"$match": {"from": param("n"), "coll": {"$gt": param("n")}}}],
    [
        {
            "$graphLookup": {
                "from": "a",
                "startWith": param("n"),
                "connectFromField": "a",
                "connectToField": "b",
                "as": "x",
            }
        }
    ],
    [{"$lookup": {"from": "a", "as": "x", "pipeline": [{"$match": {"field": param("n")}}]}}],
]


@pytest.mark.parametrize("pipeline", NAMES_LEFT_OPEN)
def test_a_name_of_what_is_read_is_not_left_open(pipeline: Any) -> None:
    approved = {"collection": "orders", "pipeline": pipeline}
    with pytest.raises(InvalidInput) as refused:
        check_placeholders(approved, {"n": "string"})
    assert [str(field.field) for field in refused.value.fields] == ["params.pipeline"]
    asked = filled(approved, {"n": "string"}, {"n": "salaries"})
    assert not admits("mongodb", approved, {"n": "string"}, asked)


@pytest.mark.parametrize("pipeline", VALUES_LEFT_OPEN)
def test_a_field_may_be_called_as_an_operator_calls_its_parts(pipeline: Any) -> None:
    approved = {"collection": "orders", "pipeline": pipeline}
    check_placeholders(approved, {"n": "string"})
    assert admits("mongodb", approved, {"n": "string"}, filled(approved, {"n": "string"}, {"n": "Shiraz"}))
