"""Which GraphQL documents a sample may send."""

from contextlib import suppress
from typing import Any

import pytest
from graphql import print_ast
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import QueryRefused
from core.i18n import LANGUAGES, translator
from core.safety.graphql import BYTES_MAX, NESTING_MAX, TOKENS_MAX, check_document, check_variables
from tests.safety.graphql_documents import CHANGING, COSTLY, FRAGMENTS, HONEST, IN_PARTS, NO_DOCUMENT, doubling

ATTEMPTS = [*CHANGING, *NO_DOCUMENT, *FRAGMENTS, *COSTLY, *IN_PARTS]


def refusal(check: Any, *args: Any) -> QueryRefused:
    with pytest.raises(QueryRefused) as caught:
        check(*args)
    for lang in LANGUAGES:
        speak = translator(lang, strict=True).message
        assert speak(caught.value.message)
        assert speak(caught.value.advice)
        assert all(speak(field.message) for field in caught.value.fields)
    return caught.value


@pytest.mark.parametrize(("query", "reason", "part"), ATTEMPTS, ids=lambda text: text[:40])
def test_an_attempt_is_refused_for_its_reason(query: str, reason: str, part: str):
    error = refusal(check_document, query)
    assert (error.reason, error.arguments["rule"], error.arguments["part"]) == (reason, reason, part)
    assert [field.field for field in error.fields] == ["params.query"]


@pytest.mark.parametrize("query", HONEST, ids=lambda text: text[:40])
def test_an_honest_query_passes(query: str):
    check_document(query)


SEVERAL = "query A { a } query B { b } fragment F on T { c }"


@pytest.mark.parametrize("name", ["A", "B"])
def test_of_several_queries_the_named_one_is_sent(name: str):
    check_document(SEVERAL, name)


@pytest.mark.parametrize(
    ("query", "name", "reason", "part"),
    [
        (SEVERAL, None, "graphql_choice", "A, B"),
        (SEVERAL, "C", "graphql_no_operation", "C"),
        (SEVERAL, "F", "graphql_no_operation", "F"),
        ("{ a }", "A", "graphql_no_operation", "A"),
    ],
)
def test_a_name_chooses_among_the_queries(query: str, name: str | None, reason: str, part: str):
    error = refusal(check_document, query, name)
    assert (error.reason, error.arguments["part"]) == (reason, part)
    assert [field.field for field in error.fields] == ["params.operation_name"]


@pytest.mark.parametrize(
    "query",
    [
        "{a" * 10_000,
        "{a(x:" + "[" * 10_000,
        "{a(x:" + "{a:" * 10_000,
        "query ($a:" + "[" * 10_000 + "Int",
        "query ($a:Int=" + "[" * 10_000,
        "{...on A" * 10_000,
        "{a(x: " + "[" * (NESTING_MAX - 1) + "]" * (NESTING_MAX - 1) + ") }",
    ],
    ids=lambda text: text[:12],
)
def test_deep_nesting_is_refused_before_anything_recursive_reads_it(query: str):
    assert refusal(check_document, query).reason == "too_deep"


def test_brackets_may_nest_up_to_the_limit():
    check_document("{a(x: " + "[" * (NESTING_MAX - 2) + "]" * (NESTING_MAX - 2) + ") }")


def test_the_longest_document_passes_and_one_byte_more_does_not():
    longest = "{ a }" + " " * (BYTES_MAX - 5)
    check_document(longest)
    assert refusal(check_document, longest + " ").reason == "too_long"
    assert refusal(check_document, "{ a } #" + "ی" * (BYTES_MAX // 2)).reason == "too_long"


def test_too_many_words_are_too_long():
    assert refusal(check_document, "{ a(x: [" + "1 " * TOKENS_MAX + "]) }").reason == "too_long"


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"a": float("nan")}, "graphql_variables"),
        ({"a": object()}, "graphql_variables"),
        ({"a": "x" * BYTES_MAX}, "too_long"),
    ],
)
def test_variables_that_cannot_be_sent_are_refused(variables: Any, reason: str):
    error = refusal(check_variables, variables)
    assert (error.reason, [field.field for field in error.fields]) == (reason, ["params.variables"])


def test_variables_nested_without_end_are_refused():
    variables: dict[str, Any] = {}
    for _ in range(100_000):
        variables = {"a": variables}
    assert refusal(check_variables, variables).reason == "too_deep"


WRAPPERS = (
    "{{ a {{ {} }} }}",
    "{{ ... on T {{ {} }} }}",
    "{{ b: a(x: [1, 2]) @include(if: true) {{ ... {{ {} }} }} }}",
    "{{ ...F }} fragment F on T {{ a {{ {} }} }}",
    "query A {{ a }} query B {{ {} }}",
)


@given(st.sampled_from(WRAPPERS), st.sampled_from(["defer", "stream", "live"]), st.integers(0, 8))
def test_no_depth_hides_a_forbidden_directive(wrapper: str, directive: str, levels: int):
    inner = "a { " * levels + f"... @{directive} {{ x }}" + " }" * levels
    assert refusal(check_document, wrapper.format(inner), "B" if "B" in wrapper else None).reason == "graphql_directive"


@given(st.permutations(["query A { a }", "query B { b }", "mutation M { m }", "fragment F on T { c }"]))
def test_no_order_hides_a_mutation(definitions: list[str]):
    assert refusal(check_document, " ".join(definitions), "A").reason == "graphql_operation"


@settings(deadline=None)
@given(st.text(alphabet='{}[]()$@!:=|&.,#"\\ \n\ufeffqueryfragmentonTab1سلام\u200c\ud800', max_size=80))
def test_any_text_is_admitted_or_refused(text: str):
    with suppress(QueryRefused):
        check_document(text)


@pytest.mark.parametrize("query", [query for query in HONEST if "first" not in query] + [doubling(8)])
def test_what_is_sent_is_what_was_judged(query: str):
    document = check_document(query)
    assert print_ast(check_document(print_ast(document))) == print_ast(document)
