"""The form of a model: nested and conditional inputs, and how dotted values become a configuration again."""

from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr

from core.connectors.base import ConnectorConfig, StrictModel
from core.connectors.field_specs import described, field_specs, notation
from core.form_values import KEPT, changes, dotted, is_shown, nested
from core.models import FieldSpec


class NoAuth(StrictModel):
    type: Literal["none"] = "none"


class Basic(StrictModel):
    type: Literal["basic"]
    username: str = Field(json_schema_extra={"example": "reader"})
    password: SecretStr


class Header(StrictModel):
    type: Literal["header"]
    name: str
    value: SecretStr


class Query(StrictModel):
    type: Literal["query"]
    name: str
    value: SecretStr | None = None


class Config(ConnectorConfig):
    base_url: str
    auth: Annotated[NoAuth | Basic | Header | Query, Field(discriminator="type")] = Field(default_factory=NoAuth)
    headers: dict[str, SecretStr] = Field(default_factory=dict, json_schema_extra={"secret_keys": True})
    health_expect: list[str] = Field(["200-299"], json_schema_extra={"section": "options"})
    tls: bool = False
    ca_pem: str | None = Field(None, json_schema_extra={"shown_when": {"tls": [True]}, "multiline": True})


SPECS = {spec.name: spec for spec in field_specs(Config)}


def test_a_nested_value_becomes_one_input_a_member() -> None:
    assert list(SPECS) == [
        "base_url", "auth.type", "auth.username", "auth.password", "auth.name", "auth.value", "headers",
        "health_expect", "tls", "ca_pem", "timeout_s",
    ]  # fmt: skip


def test_own_fields_come_before_inherited_ones_and_a_redeclared_one_is_own() -> None:
    class Base(ConnectorConfig):
        verify: bool = True
        pem: str = ""

    class Own(Base):
        place: str = Field(alias="where")
        tls: bool = False
        pem: str = "own"

    assert [spec.name for spec in field_specs(Own)] == ["where", "tls", "pem", "verify", "timeout_s"]


def test_the_choice_between_variants_is_an_input_with_their_names() -> None:
    choice = SPECS["auth.type"]
    assert (choice.type, choice.required, choice.default) == ("choice", False, "none")
    assert choice.choices == ("none", "basic", "header", "query")
    assert choice.section == "auth"


def test_a_member_is_shown_with_the_variants_that_have_it() -> None:
    assert SPECS["auth.type"].shown_when == ()
    assert SPECS["auth.username"].shown_when == (("auth.type", ("basic",)),)
    assert SPECS["auth.name"].shown_when == (("auth.type", ("header", "query")),)
    assert (SPECS["auth.name"].required, SPECS["auth.value"].required) == (True, False)
    assert (SPECS["auth.password"].type, SPECS["auth.username"].example) == ("secret", "reader")


def test_an_ordinary_field_may_be_conditional_too() -> None:
    assert SPECS["ca_pem"].shown_when == (("tls", (True,)),)
    assert is_shown(SPECS["ca_pem"], {"tls": True})
    assert not is_shown(SPECS["ca_pem"], {"tls": False})
    assert not is_shown(SPECS["ca_pem"], {})


def test_lists_and_mappings_have_types_of_their_own() -> None:
    assert (SPECS["health_expect"].type, SPECS["health_expect"].default) == ("list", ["200-299"])
    assert (SPECS["headers"].type, SPECS["headers"].secret_keys, SPECS["headers"].default) == ("mapping", True, None)


def test_dotted_values_become_a_configuration_without_what_is_hidden_or_empty() -> None:
    values: dict[str, Any] = {
        "base_url": "https://h", "auth.type": "basic", "auth.username": "u", "auth.password": KEPT, "auth.name": "left",
        "headers": {}, "health_expect": ["204"], "tls": False, "ca_pem": "left", "timeout_s": None,
    }  # fmt: skip
    config = nested(values, tuple(SPECS.values()))
    assert config == {
        "base_url": "https://h",
        "auth": {"type": "basic", "username": "u", "password": KEPT},
        "health_expect": ["204"],
        "tls": False,
    }
    assert nested(dotted(config, tuple(SPECS.values())), tuple(SPECS.values())) == config


def test_zero_is_not_empty() -> None:
    assert nested({"a.b": 0, "a.c": "", "d": []}) == {"a": {"b": 0}}


def test_the_patch_of_an_edited_form_names_only_what_changed() -> None:
    kept = {"base_url": "a", "auth": {"type": "basic", "username": "u", "password": KEPT}, "ca_pem": "x", "uri": KEPT}
    wanted = {"base_url": "a", "auth": {"type": "basic", "username": "v", "password": KEPT}, "uri": KEPT}
    assert changes(kept, kept) == {}
    assert changes(kept, wanted) == {
        "auth": {"type": "basic", "username": "v", "password": KEPT},
        "ca_pem": None,
    }
    other = {"type": "header", "name": "n", "value": "s"}
    assert changes(kept, wanted | {"auth": other})["auth"] == other | {"username": None, "password": None}
    assert changes(kept, wanted | {"uri": "new"})["uri"] == "new"


def test_a_field_is_told_in_short() -> None:
    told = [notation(SPECS[name]) for name in ("base_url", "auth.type", "auth.password", "headers", "health_expect")]
    assert told == [
        "base_url", "auth.type? none (none/basic/header/query)", "auth.password*", "headers*?",
        "health_expect? 200-299",
    ]  # fmt: skip
    assert notation(SPECS["tls"]) == "tls? false"


def test_a_field_is_described_for_programs() -> None:
    assert described(SPECS["auth.name"]) == {
        "name": "auth.name",
        "type": "text",
        "required": True,
        "secret": False,
        "default": None,
        "choices": [],
        "shown_when": {"auth.type": ["header", "query"]},
    }
    assert described(FieldSpec("p", "secret", True))["secret"]
