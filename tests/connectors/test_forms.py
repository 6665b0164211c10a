"""Forms, checking and secrets of configuration models."""

import json
import traceback
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from core.connectors import forms
from core.connectors.base import ConnectorConfig, SampleParams, StrictModel
from core.errors import InvalidInput
from core.models import FieldError


class Basic(StrictModel):
    type: Literal["basic"]
    username: str
    password: SecretStr


class Bearer(StrictModel):
    type: Literal["bearer"]
    token: SecretStr


class Config(ConnectorConfig):
    host: str = Field(min_length=1, json_schema_extra={"example": "db.example"})
    port: int = Field(5432, ge=1, le=65535)
    password: Annotated[SecretStr, Field(max_length=10)] | None = None
    token: SecretStr = SecretStr("built-in")
    mode: Literal["prefer", "require"] = Field("prefer", json_schema_extra={"section": "tls"})
    ca_pem: str | None = Field(None, json_schema_extra={"multiline": True, "section": "tls"})
    direct: bool = False
    ratio: float = 0.5
    hosts: tuple[str, ...] = ()
    tags: list[int] = Field([])
    schema_name: str | None = Field(None, alias="schema")
    auth: Annotated[Basic | Bearer, Field(discriminator="type")] | None = None
    headers: dict[str, SecretStr] = Field(default_factory=dict, json_schema_extra={"secret_keys": True})

    @field_validator("host")
    @classmethod
    def _one_host(cls, value: str) -> str:
        if "," in value:
            raise PydanticCustomError("one_host", "one host only", {"comma": value.index(",")})
        return value

    @model_validator(mode="after")
    def _direct_needs_port(self) -> "Config":
        if self.direct and self.port == 1:
            raise ValueError("hunter2")
        if self.direct and self.port == 2:
            raise PydanticCustomError("direct_port", "not this port", {"field": "port"})
        return self


class Params(SampleParams):
    columns: tuple[str, ...] | None = None
    args: list[Any] = Field([])


def refused(config: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(InvalidInput) as caught:
        forms.validate_config(Config, config)
    fields = caught.value.fields
    assert len({error.field for error in fields}) == len(fields)
    return {error.field: (error.message.key, dict(error.message.args)) for error in fields}


def spec(name: str) -> Any:
    return next(found for found in forms.field_specs(Config) if found.name == name)


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("host", "text"), ("port", "integer"), ("password", "secret"), ("token", "secret"), ("mode", "choice"),
        ("ca_pem", "multiline"), ("direct", "boolean"), ("ratio", "number"), ("timeout_s", "number"),
        ("hosts", "list"), ("tags", "list"), ("schema", "text"), ("headers", "mapping"), ("auth.type", "choice"),
        ("auth.username", "text"), ("auth.password", "secret"), ("auth.token", "secret"),
    ],
)  # fmt: skip
def test_a_field_has_the_type_of_its_annotation(name: str, type_: str) -> None:
    assert spec(name).type == type_


def test_a_spec_carries_what_a_form_needs() -> None:
    assert (spec("host").required, spec("host").default, spec("host").example) == (True, None, "db.example")
    assert (spec("port").required, spec("port").default, spec("port").section) == (False, 5432, "connection")
    assert (spec("mode").choices, spec("mode").section) == (("prefer", "require"), "tls")
    assert spec("timeout_s").section == "limits"


def test_the_fields_of_every_kind_come_last() -> None:
    names = [found.name for found in forms.field_specs(Config)]
    assert names[0] == "host"
    assert names[-1] == "timeout_s"


def test_the_default_of_a_secret_is_not_shown() -> None:
    assert spec("token").default is None


def test_json_values_of_every_type_are_accepted() -> None:
    config = forms.validate_config(
        Config,
        {"host": "h", "password": "p", "ratio": 2, "hosts": ["a"], "tags": [1], "timeout_s": 5, "schema": "s"},
    )
    assert (config.hosts, config.ratio, config.schema_name) == (("a",), 2.0, "s")
    assert config.password is not None
    assert config.password.get_secret_value() == "p"


@pytest.mark.parametrize(
    ("field", "value", "key", "args"),
    [
        ("port", "5432", "field.int_type", {}),
        ("port", True, "field.int_type", {}),
        ("port", 70000, "field.less_than_equal", {"le": 65535}),
        ("port", 0, "field.greater_than_equal", {"ge": 1}),
        ("ratio", "0.5", "field.float_type", {}),
        ("timeout_s", float("nan"), "field.finite_number", {}),
        ("timeout_s", 0.1, "field.greater_than_equal", {"ge": 0.5}),
        ("direct", "true", "field.bool_type", {}),
        ("host", "", "field.string_too_short", {"min_length": 1}),
        ("host", "a,b", "field.one_host", {"comma": 1}),
        ("host", "\ud800", "field.string_unicode", {}),
        ("mode", "no", "field.literal_error", {"expected": "prefer, require"}),
        ("password", {"set": True}, "field.secret_not_set", {}),
        ("password", {"set": False}, "field.string_type", {}),
        ("schema", 3, "field.string_type", {}),
        ("schema_name", "s", "field.extra_forbidden", {}),
        ("surprise", 1, "field.extra_forbidden", {}),
        ("tags", [1, "2", "3"], "field.int_type", {}),
    ],
)
def test_a_wrong_value_is_refused_at_its_field(field: str, value: Any, key: str, args: dict[str, Any]) -> None:
    assert refused({"host": "h", field: value}) == {f"config.{field}": (key, args)}


def test_an_unknown_name_that_no_text_can_carry_is_named_with_a_question_mark() -> None:
    assert refused({"host": "h", "\ud800": 1}) == {"config.?": ("field.string_unicode", {})}


def test_a_bound_is_told_as_people_write_it() -> None:
    (message,) = refused({"host": "h", "timeout_s": 61}).values()
    assert str(message) == "('field.less_than_equal', {'le': 60})"


def test_every_wrong_field_is_named_at_once() -> None:
    assert refused({"port": "x", "mode": 1}).keys() == {"config.host", "config.port", "config.mode"}


def test_a_nested_field_is_named_without_the_branch_of_its_union() -> None:
    wrong = {"host": "h", "auth": {"type": "basic", "username": 1, "password": "p", "realm": "r"}}
    assert refused(wrong).keys() == {"config.auth.username", "config.auth.realm"}


def test_an_unknown_branch_of_a_union_is_not_repeated() -> None:
    wrong = refused({"host": "h", "auth": {"type": "hunter2"}})
    assert wrong == {"config.auth.type": ("field.literal_error", {"expected": "basic, bearer"})}


def test_a_missing_branch_of_a_union_is_a_missing_choice() -> None:
    assert refused({"host": "h", "auth": {}}).keys() == {"config.auth.type"}
    assert refused({"host": "h", "auth": {}})["config.auth.type"][0] == "field.missing"


@pytest.mark.parametrize(
    ("headers", "wrong"),
    [
        ({"X-Key": 1}, {"config.headers.X-Key": ("field.string_type", {})}),
        ({"X-Key": {"set": True}}, {"config.headers.X-Key": ("field.secret_not_set", {})}),
        ({"Accept": {"set": True}}, {"config.headers.Accept": ("field.string_type", {})}),
        ({"X-A": "1", "x-a": "2"}, {"config.headers.x-a": ("field.header_twice", {})}),
    ],
)
def test_a_wrong_header_is_named(headers: dict[str, Any], wrong: dict[str, Any]) -> None:
    assert refused({"host": "h", "headers": headers}) == wrong


def test_a_nested_secret_that_is_to_stay_but_is_not_there_is_named() -> None:
    sent = {"host": "h", "auth": {"type": "bearer", "token": {"set": True}}}
    assert refused(sent) == {"config.auth.token": ("field.secret_not_set", {})}


def test_too_long_a_secret_is_measured_in_characters() -> None:
    (key, args) = refused({"host": "h", "password": "x" * 11})["config.password"]
    assert (key, args["max_length"]) == ("field.string_too_long", 10)


def test_a_rule_over_several_fields_is_refused_as_a_whole_without_its_words() -> None:
    assert refused({"host": "h", "direct": True, "port": 1}) == {"config": ("field.value_error", {})}


def test_a_rule_over_several_fields_may_name_the_one_at_fault() -> None:
    assert refused({"host": "h", "direct": True, "port": 2}) == {"config.port": ("field.direct_port", {})}


def test_params_and_bare_models_have_their_own_prefix() -> None:
    with pytest.raises(InvalidInput) as params:
        forms.validate_params(Params, {"limit": 0})
    with pytest.raises(InvalidInput) as bare:
        forms.validate(Params, {"limit": 0})
    assert [error.field for error in params.value.fields] == ["params.limit"]
    assert [error.field for error in bare.value.fields] == ["limit"]


def test_arguments_of_a_sample_keep_their_values() -> None:
    args = [1, 2**70, 1.5, "x", None, [True], {"a": 1}]
    assert forms.validate_params(Params, {"args": args, "columns": ["a"]}).args == args


def test_a_refused_value_is_nowhere_in_the_error() -> None:
    secret = "-".join(["hunter2"] * 2)
    with pytest.raises(InvalidInput) as caught:
        forms.validate_config(Config, {"host": "h", "password": secret})
    assert caught.value.__context__ is None
    assert secret not in "".join(traceback.format_exception(caught.value)) + repr(caught.value.fields)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*Config.model_fields, "schema", "x"]) | st.text(), JSON, max_size=6))
def test_any_json_object_is_either_valid_or_refused_field_by_field(data: dict[str, Any]) -> None:
    fields: tuple[FieldError, ...] = ()
    try:
        forms.validate_config(Config, data)
    except InvalidInput as err:
        fields = err.fields
    assert all(error.field.split(".")[0] == "config" for error in fields)
    json.dumps([[error.field, dict(error.message.args)] for error in fields], ensure_ascii=False).encode()
