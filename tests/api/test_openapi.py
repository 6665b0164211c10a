"""The interface's own document: what it says about bodies is what the kinds' models say."""

from typing import Any

import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator

from core.api import openapi
from core.api.interface import build
from core.connectors.base import Environment
from core.connectors.catalog import KindCatalog
from core.connectors.registry import registry
from core.safety.egress import EgressPolicy
from tests.api.conftest import Served
from tests.docs.examples import Example, examples


@pytest.fixture(scope="module")
def document(served: Served) -> dict[str, Any]:
    app: FastAPI = build(served.product.runtime)
    openapi.describe(app, KindCatalog(registry.discover(), Environment(EgressPolicy())).schemas())
    return app.openapi()


def errors(document: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    whole = Draft202012Validator({**schema, "components": document["components"]})
    return [error.message for error in whole.iter_errors(value)]


def body(document: dict[str, Any], method: str, path: str = "") -> dict[str, Any]:
    operation = document["paths"][f"/orgs/{{org_id}}/datasources{path}"][method]
    return operation["requestBody"]["content"]["application/json"]["schema"]


@pytest.mark.parametrize(("kind", "example"), examples().items())
def test_a_worked_example_is_valid_by_the_document(document: dict[str, Any], kind: str, example: Example):
    wanted = {"kind": kind, "name": "one", "config": example.config}
    assert errors(document, body(document, "post"), wanted) == []
    assert errors(document, body(document, "post", "/test"), {"kind": kind, "config": example.config}) == []
    assert errors(document, body(document, "patch", "/{ds_id}"), {"config": example.config}) == []
    for params in example.samples:
        assert errors(document, body(document, "post", "/{ds_id}/sample"), {"params": params}) == []


@pytest.mark.parametrize(("kind", "example"), examples().items())
def test_an_unknown_field_is_invalid_by_the_document(document: dict[str, Any], kind: str, example: Example):
    wanted = {"kind": kind, "name": "one", "config": example.config | {"no_such": 1}}
    assert errors(document, body(document, "post"), wanted)


def test_a_kept_secret_may_come_back_as_it_was_shown(document: dict[str, Any]):
    change = {"config": {"password": {"set": True}, "host": "other.example.com"}}
    assert errors(document, body(document, "patch", "/{ds_id}"), change) == []


def test_an_order_for_a_breaker_is_what_the_document_says(document: dict[str, Any]):
    wanted = body(document, "post", "/{ds_id}/breaker")
    assert errors(document, wanted, {"action": "force_open", "reason": "work"}) == []
    for wrong in ({"action": "open", "reason": "x"}, {"action": "reset", "reason": ""}, {"action": "reset"}):
        assert errors(document, wanted, wrong)


def test_secrets_are_marked_as_never_read(document: dict[str, Any]):
    password = document["components"]["schemas"]["PostgresConfig"]["properties"]["password"]
    assert "'writeOnly': True" in str(password)


def test_the_document_is_served(served: Served):
    answer = served.http.get(f"{served.url}/api/openapi.json")
    assert answer.json()["openapi"].startswith("3.1")
    assert "PostgresSourceCreate" in answer.json()["components"]["schemas"]
