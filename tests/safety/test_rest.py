"""Paths that would leave a REST source's base address are refused; honest ones are not."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import QueryRefused
from core.i18n import LANGUAGES, translator
from core.safety.rest import check_path, check_query

ATTEMPTS = {
    "rest_parent": (
        "..", "/..", "/../admin", "/users/../../admin", "/users/..", "../admin", "/a/../b",
        "/%2e%2e/admin", "/%2E%2E%2Fadmin", "/.%2e/admin", "/%2e./admin", "/..%2fadmin", "/a%2f..%2f..%2fb",
        "/%252e%252e/admin", "/%252e%252e%252fadmin", "/%25252e%25252e/admin",
        "/..;/admin", "/..;x=1/admin", "/%2e%2e;/admin", "/..%3b/admin", "/.. /admin", "/..%20/admin",
        "/．．/admin", "/‥/admin", "/..／admin", "/%EF%BC%8E%EF%BC%8E/admin", "/..＼admin",
    ),
    "rest_host": (
        "//evil.example", "//evil.example/x", "///evil.example", "/%2Fevil.example", "%2F%2Fevil.example",
        "/%252Fevil.example", "http://evil.example", "https://evil.example/x", "HTTP://EVIL.EXAMPLE",
        "http:/evil.example", "/http://evil.example", "http%3A%2F%2Fevil.example", "file:///etc/passwd",
        "javascript:alert(1)", "@evil.example", "user:pass@evil.example/", "user@evil.example", "%40evil.example",
        "／／evil.example",
    ),
    "rest_letter": (
        "\\\\evil.example", "/\\evil.example", "/a\\..\\b", "/%5c%5cevil.example", "/a%5C..%5Cb", "/%255cevil",
        "/a\r\nHost: evil.example", "/a%0d%0aX: y", "/a%250d%250aX: y", "/a\tb", "/a\0", "/a%00.json", "/\x7f", "/\x85",
    ),
    "rest_query": ("/a?b=1", "/a#b", "?x", "#", "/users?api_key=mine"),
    "rest_encoding": (
        "/%c0%ae%c0%ae/admin", "/%c0%af", "/%ff", "/%u002e%u002e/admin", "/%25u002e%25u002e/admin",
        "/%25252525252e", "/%e0%80%ae",
    ),
}  # fmt: skip

HONEST = (
    "", "/", "/users", "users", "/users/", "/v1/users/42", "/users.json", "/a..b", "/..a", "/a../b", "/.../x", "/.",
    "/.well-known/openid-configuration", "/users/@me", "/v1/users:search", "/a;b=1/c", "/a,b;c=d", "/100%", "/100%25",
    "/شهرها", "/شهرها/تهران", "/می‌روم", "/%D8%AA%D9%87%D8%B1%D8%A7%D9%86", "/new york", "/new%20york", "/a+b", "/~me",
    "/projects/group%2Fname", "/files/a%2Fb.txt", "/what%3F", "/c%23", "/(1)!$&'*", "/a//b", "/C%2B%2B", "/naïve/日本",
)  # fmt: skip


def refused(path: str) -> QueryRefused:
    with pytest.raises(QueryRefused) as caught:
        check_path(path)
    return caught.value


@pytest.mark.parametrize(("rule", "path"), [(rule, path) for rule, paths in ATTEMPTS.items() for path in paths])
def test_a_path_that_would_leave_is_refused_by_its_rule(rule: str, path: str):
    error = refused(path)
    assert (error.reason, error.arguments["rule"]) == (rule, rule)
    assert error.arguments["part"]
    assert [field.field for field in error.fields] == ["params.path"]


@pytest.mark.parametrize("path", HONEST)
def test_an_honest_path_stays(path: str):
    check_path(path)


@pytest.mark.parametrize("rule", [*ATTEMPTS, "rest_auth_parameter"])
def test_a_refusal_has_its_sentence_in_every_language(rule: str):
    error = QueryRefused(rule, rule=rule, part="x")
    for lang in LANGUAGES:
        speak = translator(lang, strict=True).message
        assert speak(error.message)
        assert speak(error.advice)


@settings(deadline=None)
@given(st.text(st.sampled_from("./\\%25ecCfFa;．‥／ \t@:"), max_size=14))
def test_whatever_passes_stays_below_however_often_it_is_decoded(path: str):
    from urllib.parse import unquote

    try:
        check_path(path)
    except QueryRefused:
        return
    for _ in range(6):
        segments = path.replace("\\", "/").split("/")
        assert not any(segment.strip() == ".." for segment in segments)
        assert not path.startswith("//")
        path = unquote(path)


@pytest.mark.parametrize("query", [{"api_key": "x"}, {"API_KEY": "x"}, {"a": 1, "Api_Key": 2}])
def test_who_asks_cannot_be_replaced_by_a_parameter(query: dict[str, Any]):
    with pytest.raises(QueryRefused) as caught:
        check_query(query, "api_key")
    assert caught.value.reason == "rest_auth_parameter"
    assert [field.field for field in caught.value.fields] == ["params.query"]


def test_other_parameters_are_free():
    check_query({"api_key": "x"}, None)
    check_query({"page": 1}, "api_key")
