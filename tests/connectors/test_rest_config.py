"""What a REST source's form takes, and what it says about the rest."""

from typing import Any

import pytest

from core.connectors import forms
from core.connectors.base import Environment
from core.connectors.kinds.rest import RestConfig, RestConnector
from core.connectors.registry import registry
from core.errors import InvalidInput, QueryRefused
from core.i18n import LANGUAGES, translator
from core.safety.egress import EgressPolicy


def config(**given: Any) -> RestConfig:
    return forms.validate_config(RestConfig, {"base_url": "http://h"} | given)


def fields(**given: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        config(**given)
    for lang in LANGUAGES:
        speak = translator(lang, strict=True).message
        assert all(speak(field.message) for field in caught.value.fields)
    assert "s3cret" not in repr(caught.value.fields)
    return {field.field: field.message.key for field in caught.value.fields}


@pytest.mark.parametrize(
    "base_url",
    [
        "http://h",
        "https://api.example.ir/v1/",
        "HTTP://Example.IR:8080/a/b",
        "http://127.0.0.1:1",
        "http://[::1]:8000/x",
        "https://چشمه.ایران/نسخه‌ها",
        "http://under_score.internal",
        "http://h/a%2Fb/~x;y=1",
    ],
)
def test_addresses_of_services_are_taken_as_they_are_typed(base_url: str):
    assert config(base_url=base_url).base_url == base_url


@pytest.mark.parametrize(
    ("base_url", "key"),
    [
        ("", "field.string_too_short"),
        ("h", "field.http_url"),
        ("/v1", "field.http_url"),
        ("//h/v1", "field.http_url"),
        ("ftp://h", "field.http_url"),
        ("file:///etc/passwd", "field.http_url"),
        ("http://", "field.http_url"),
        ("http:///x", "field.http_url"),
        ("http://h:0", "field.http_url"),
        ("http://h:99999", "field.http_url"),
        ("http://h:x", "field.http_url"),
        ("http://[::1", "field.http_url"),
        ("http://h\\@evil.example", "field.http_url"),
        ("http://h/\\x", "field.http_url"),
        ("http://h/a b", "field.http_url"),
        (" http://h", "field.http_url"),
        ("http://h\r\nX: y", "field.http_url"),
        ("http://h/\x00", "field.http_url"),
        ("http://user:s3cret@h", "field.url_user"),
        ("http://user@h", "field.url_user"),
        ("http://:s3cret@h", "field.url_user"),
        ("http://h/?api_key=s3cret", "field.bare_url"),
        ("http://h?", "field.bare_url"),
        ("http://h/#x", "field.bare_url"),
        ("http://h/" + "x" * 2000, "field.string_too_long"),
    ],
)
def test_what_is_no_bare_address_is_refused(base_url: str, key: str):
    assert fields(base_url=base_url) == {"config.base_url": key}


@pytest.mark.parametrize("expect", ["200", "200-299", "100-599", "404-404"])
def test_statuses_are_single_or_ranges(expect: str):
    assert config(health_expect=[expect]).health_expect == [expect]


def test_a_status_may_be_a_number_and_is_kept_as_text():
    assert config(health_expect=[100, 404, 599, "200-299"]).health_expect == ["100", "404", "599", "200-299"]


@pytest.mark.parametrize(
    "expect", ["", "20", "600", "099", "299-200", "200-", "2xx", "200-299-300", "٢٠٠", " 200", 99, 600, -200, 10**30]
)
def test_other_statuses_are_refused(expect: str | int):
    assert fields(health_expect=["200", expect]) == {"config.health_expect": "field.statuses"}


@pytest.mark.parametrize("expect", [True, 200.5, None])
def test_what_is_neither_number_nor_text_is_no_status(expect: object):
    assert fields(health_expect=[expect]) == {"config.health_expect": "field.string_type"}


def test_at_least_one_status_is_expected():
    assert fields(health_expect=[]) == {"config.health_expect": "field.too_short"}


@pytest.mark.parametrize("path", ["/../x", "//h", "/a?b=1", "/%2e%2e/x", "http://h/x", "/a\n"])
def test_a_health_path_stays_below_the_base_address(path: str):
    assert fields(health_path=path) == {"config.health_path": "field.rest_path"}


def test_a_path_to_the_records_is_a_json_path():
    assert config(records_path="$.items[?@.id > 3]").records_path == "$.items[?@.id > 3]"
    for path in ("items", "$.", "$[?match(@.a, 'b')]"):
        assert fields(records_path=path) == {"config.records_path": "field.json_path"}


def test_a_source_of_an_address_alone_has_every_default():
    assert forms.plain_config(config()) == {
        "base_url": "http://h",
        "auth": {"type": "none"},
        "headers": {},
        "health_path": "/",
        "health_expect": ["200-299"],
        "tls_verify": True,
    }


@pytest.mark.parametrize(
    ("auth", "field"),
    [
        ({"type": "bearer"}, "config.auth.token"),
        ({"type": "bearer", "token": "s3cret\r\nX: y"}, "config.auth.token"),
        ({"type": "header", "name": "Host", "value": "s3cret"}, "config.auth.name"),
        ({"type": "header", "name": "X Y", "value": "s3cret"}, "config.auth.name"),
        ({"type": "basic", "username": "a:b", "password": "s3cret"}, "config.auth.username"),
        ({"type": "digest"}, "config.auth.type"),
    ],
)
def test_wrong_credentials_are_named_and_never_repeated(auth: dict[str, Any], field: str):
    assert list(fields(auth=auth)) == [field]


def test_headers_that_travel_with_the_message_are_not_ones_own():
    assert fields(headers={"Content-Length": "s3cret"})
    assert fields(headers={"X-A": "s3cret\nX-B: y"})
    assert fields(headers={"X-A": "1", "x-a": "s3cret"})


@pytest.mark.parametrize(
    "change",
    [{"base_url": "https://h"}, {"base_url": "http://h2"}, {"base_url": "http://h:81"}, {"base_url": "http://h/v2"},
     {"tls_verify": False}],
)  # fmt: skip
def test_another_destination_is_another_destination(change: dict[str, Any]):
    assert RestConnector.destination(config(**change)) != RestConnector.destination(config())


@pytest.mark.parametrize("change", [{"base_url": "http://H:80/"}, {"health_path": "/x"}, {"headers": {"X": "y"}}])
def test_the_same_destination_spelled_otherwise_is_the_same(change: dict[str, Any]):
    assert RestConnector.destination(config(**change)) == RestConnector.destination(config())


def test_a_source_may_shorten_its_limits():
    assert RestConnector.limits.overridden(config(timeout_s=2).timeout_s).sample == 2


@pytest.mark.parametrize("path", ["/../x", "//h", "/a?b"])
def test_parameters_are_judged_without_a_connector(path: str):
    with pytest.raises(QueryRefused):
        RestConnector.check_params({"path": path}, Environment(EgressPolicy()))


def test_the_kind_is_registered():
    assert registry.discover().kinds["rest"] is RestConnector
