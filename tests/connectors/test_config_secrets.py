"""Secrets anywhere in a configuration: shown as set, kept, replaced, cleared, and known by value."""

import json
from contextlib import suppress
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, SecretStr

from core.connectors import forms
from core.connectors.base import ConnectorConfig, Environment, StrictModel
from core.connectors.catalog import KindCatalog, kind_infos
from core.connectors.config_secrets import _Held
from core.connectors.registry import registry
from core.errors import InvalidInput
from core.form_values import value_at
from core.safety.egress import EgressPolicy

SET = {"set": True}


class NoAuth(StrictModel):
    type: Literal["none"] = "none"


class Basic(StrictModel):
    type: Literal["basic"]
    username: str
    password: SecretStr


class Header(StrictModel):
    type: Literal["header"]
    name: str
    value: SecretStr


class Query(StrictModel):
    type: Literal["query"]
    name: str
    value: SecretStr


class Nested(StrictModel):
    note: str = ""
    pin: SecretStr | None = None


class Config(ConnectorConfig):
    host: str = "h"
    uri: SecretStr | None = None
    port: int = 1
    schema_name: str | None = Field(None, alias="schema")
    auth: Annotated[NoAuth | Basic | Header | Query, Field(discriminator="type")] = NoAuth()
    headers: dict[str, SecretStr] = Field(default_factory=dict, json_schema_extra={"secret_keys": True})
    inner: Nested | None = None
    keys: list[SecretStr] = Field(default_factory=list)


FULL: dict[str, Any] = {
    "host": "h",
    "uri": "kept-u1",
    "schema": "s",
    "auth": {"type": "basic", "username": "u", "password": "kept-p1"},
    "headers": {"X-Api-Key": "kept-k1", "Accept": "text/plain", "COOKIE": "kept-c1"},
    "inner": {"note": "n", "pin": "kept-i1"},
    "keys": ["kept-l1", "kept-l2"],
}
ALL = {"uri", "auth.password", "headers.X-Api-Key", "headers.COOKIE", "inner.pin", "keys"}


def merged(kept: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    return forms.merge_secrets(Config, kept, sent)


def kept(sent: dict[str, Any], held: dict[str, Any] = FULL) -> set[str]:
    return set(forms.kept_secrets(Config, held, sent))


def refused(config: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        forms.validate_config(Config, config)
    return {error.field: error.message.key for error in caught.value.fields}


def test_a_plain_configuration_is_json_with_secrets_in_clear() -> None:
    plain = forms.plain_config(forms.validate_config(Config, FULL))
    assert json.loads(json.dumps(plain)) == plain == FULL | {"port": 1}
    assert forms.plain_config(forms.validate_config(Config, plain)) == plain


def test_the_public_configuration_only_says_which_secrets_are_set() -> None:
    public = forms.public_config(Config, FULL | {"port": None})
    assert public == {
        "host": "h",
        "uri": SET,
        "schema": "s",
        "auth": {"type": "basic", "username": "u", "password": SET},
        "headers": {"X-Api-Key": SET, "Accept": "text/plain", "COOKIE": SET},
        "inner": {"note": "n", "pin": SET},
        "keys": SET,
    }


def test_a_public_configuration_leaves_the_plain_one_as_it_was() -> None:
    before = json.dumps(FULL)
    forms.public_config(Config, FULL)["auth"]["username"] = "x"
    merged(FULL, {"auth": {"username": "x"}, "headers": {"Accept": None}})
    assert json.dumps(FULL) == before


def test_secrets_have_dotted_names() -> None:
    assert set(forms.secret_names(Config)) == {
        "uri", "auth.password", "auth.value", "headers.*", "inner.pin", "keys",
    }  # fmt: skip
    assert {".".join(path) for path in forms.secret_paths(Config, FULL)} == ALL


def test_every_secret_is_known_by_value_and_nothing_else_is() -> None:
    config = forms.validate_config(Config, FULL | {"uri": "mongodb://u:p%40ss@h/db"})
    assert set(forms.secret_values(config)) == {
        "mongodb://u:p%40ss@h/db", "p@ss", "kept-p1", "kept-k1", "kept-c1", "kept-i1", "kept-l1", "kept-l2",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "path", "value", "no_longer_kept"),
    [
        ({}, "auth.password", "kept-p1", set()),
        ({"auth": {"username": "v"}}, "auth.password", "kept-p1", set()),
        ({"auth": {"type": "basic", "username": "v", "password": SET}}, "auth.password", "kept-p1", set()),
        ({"auth": {"password": "p2"}}, "auth.password", "p2", {"auth.password"}),
        ({"auth": {"password": None}}, "auth.password", None, {"auth.password"}),
        ({"auth": {"type": "none"}}, "auth.password", None, {"auth.password"}),
        ({"auth": {"type": "none"}}, "auth.username", None, {"auth.password"}),
        ({"headers": {"X-Api-Key": SET}}, "headers.X-Api-Key", "kept-k1", set()),
        ({"headers": {"X-Api-Key": "k2"}}, "headers.X-Api-Key", "k2", {"headers.X-Api-Key"}),
        ({"headers": {"x-api-key": None}}, "headers.X-Api-Key", None, {"headers.X-Api-Key"}),
        ({"headers": {"Accept": None}}, "headers.Accept", None, set()),
        ({"headers": None}, "headers", None, {"headers.X-Api-Key", "headers.COOKIE"}),
        ({"uri": SET, "host": "x"}, "uri", "kept-u1", set()),
        ({"uri": None}, "uri", None, {"uri"}),
        ({"inner": {"note": None}}, "inner.pin", "kept-i1", set()),
        ({"inner": {"pin": None}}, "inner.pin", None, {"inner.pin"}),
        ({"keys": ["n"]}, "keys", ["n"], {"keys"}),
    ],
)
def test_a_merge_keeps_replaces_and_removes(
    sent: dict[str, Any], path: str, value: Any, no_longer_kept: set[str]
) -> None:
    assert value_at(merged(FULL, sent), path) == value
    assert kept(sent) == ALL - no_longer_kept


def test_a_changed_variant_keeps_nothing_of_the_old_one() -> None:
    held = {"auth": {"type": "header", "name": "X-Key", "value": "v1"}}
    assert merged(held, {"auth": {"type": "query", "name": "k"}})["auth"] == {"type": "query", "name": "k"}
    sent = {"auth": {"type": "query", "name": "k", "value": SET}}
    assert refused(merged(held, sent)) == {"config.auth.value": "field.secret_not_set"}
    assert kept(sent, held) == set()


def test_a_variant_sent_where_there_was_none_is_taken_as_it_is() -> None:
    auth = {"type": "basic", "username": "u", "password": "p"}
    assert merged({"host": "h"}, {"auth": auth})["auth"] == auth


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"uri": SET}, "config.uri"),
        ({"auth": {"type": "basic", "username": "u", "password": SET}}, "config.auth.password"),
        ({"headers": {"X-Token": SET}}, "config.headers.X-Token"),
        ({"inner": {"pin": SET}}, "config.inner.pin"),
        ({"keys": SET}, "config.keys"),
    ],
)
def test_a_secret_that_was_never_there_cannot_be_kept(sent: dict[str, Any], field: str) -> None:
    assert refused(merged({"host": "h"}, sent)) == {field: "field.secret_not_set"}
    assert refused({"host": "h"} | sent) == {field: "field.secret_not_set"}
    assert kept(sent, {"host": "h"}) == set()


def test_a_header_is_one_whatever_the_case_of_its_letters() -> None:
    assert merged(FULL, {"headers": {"x-api-key": SET, "accept": "a"}})["headers"] == {
        "x-api-key": "kept-k1", "accept": "a", "COOKIE": "kept-c1",
    }  # fmt: skip
    assert kept({"headers": {"x-api-key": SET}}) == ALL - {"headers.X-Api-Key"} | {"headers.x-api-key"}
    assert refused(merged(FULL, {"headers": {"X-A": "1", "x-a": "2"}})) == {"config.headers.x-a": "field.header_twice"}


def test_a_kept_secret_is_in_no_repr() -> None:
    assert "hunter2" not in repr(_Held("hunter2"))


JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=3) | st.just(SET),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(
        ["type", "username", "password", "value", "X-Key", "x-key", "set", "pin"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
SENT = st.dictionaries(st.sampled_from([*FULL, "surprise"]), JSON, max_size=4)


@given(SENT)
def test_whatever_is_sent_no_kept_secret_is_shown(sent: dict[str, Any]) -> None:
    result = merged(FULL, sent)
    config = None
    with suppress(InvalidInput):
        config = forms.validate_config(Config, result)
    if config is not None:
        public = json.dumps(forms.public_config(Config, forms.plain_config(config)))
        assert not any(f"kept-{secret}" in public for secret in ("u1", "p1", "k1", "c1", "i1", "l1", "l2"))


@given(SENT)
def test_what_is_said_to_be_kept_is_as_it_was(sent: dict[str, Any]) -> None:
    before = {".".join(path): forms.value_of(FULL, path) for path in forms.secret_paths(Config, FULL)}
    folded = {name.casefold(): value for name, value in before.items()}
    after = merged(FULL, sent)
    for name in kept(sent):
        assert forms.value_of(after, tuple(name.split("."))) == folded[name.casefold()]


def test_the_names_of_headers_decide_in_every_registered_kind() -> None:
    specs = [spec for info in kind_infos(registry.discover()) for spec in info.fields if spec.name == "headers"]
    assert specs
    assert {(spec.type, spec.secret_keys) for spec in specs} == {("mapping", True)}


def test_a_kept_secret_does_not_follow_to_another_destination_and_is_named_by_its_path() -> None:
    kinds = KindCatalog(registry.discover(), Environment(EgressPolicy()))
    auth = {"type": "basic", "username": "u", "password": "kept-p1"}
    stored = {"endpoint": "https://a.example/graphql", "auth": auth, "headers": {"X-Key": "kept-k1", "Accept": "a"}}
    with pytest.raises(InvalidInput) as caught:
        kinds.merge("graphql", stored, {"endpoint": "https://b.example/graphql", "headers": {"X-Key": SET}})
    refusals = {error.field: error.message.key for error in caught.value.fields}
    assert refusals == dict.fromkeys(("config.auth.password", "config.headers.X-Key"), "field.secret_kept_elsewhere")
    sent = {"endpoint": "https://b.example/graphql", "headers": {"X-Key": "new"}, "auth": {"password": "new"}}
    assert kinds.merge("graphql", stored, sent)["auth"] == auth | {"password": "new"}
