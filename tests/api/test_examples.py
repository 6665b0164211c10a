"""Every example of the document is true: a product that is asked for it answers so."""

import os
from typing import Any

from jsonschema import Draft202012Validator

from core.api.interface import build
from core.api.operations import OPERATIONS
from tests.api import recorded
from tests.api.conftest import Org, Served
from tests.servers.apps.records import SECRET
from tests.servers.web import WebServer

RECORD = os.environ.get("CHESHMEH_TEST_RECORD") == "1"


def test_a_running_product_answers_each_example_as_the_document_says(org: Org, records: WebServer) -> None:
    replay, examples = recorded.Replay(org, records.url, SECRET), recorded.read()
    steps = sorted(
        ((example["step"], operation, example) for operation, each in examples.items() for example in each),
        key=lambda step: step[0],
    )
    for _, operation, example in steps:
        answer = replay.ask(operation, example["request"])
        if RECORD:
            example["answer"] = answer
        assert RECORD or recorded.plain(answer) == recorded.plain(example["answer"]), (operation, example["name"])
    if RECORD:
        recorded.write(examples)


def test_every_operation_has_an_example() -> None:
    assert {operation.id for operation in OPERATIONS.values()} == set(recorded.read())


def test_the_document_knows_every_operation_and_no_other(served: Served) -> None:
    paths = build(served.product.runtime).openapi()["paths"]
    assert {(method, path) for path, each in paths.items() for method in each} == set(OPERATIONS)


def test_an_example_is_valid_by_the_schema_beside_it(served: Served) -> None:
    document = build(served.product.runtime).openapi()
    judged = 0
    for (method, path), operation in OPERATIONS.items():
        for example in recorded.read()[operation.id]:
            schema = _schema(document, document["paths"][path][method], example["answer"])
            if schema is not None and "body" in example["answer"]:
                judged += 1
                whole = Draft202012Validator({**schema, "components": document["components"]})
                assert list(whole.iter_errors(example["answer"]["body"])) == [], (operation.id, example["name"])
    assert judged > 20


def _schema(document: dict[str, Any], operation: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any] | None:
    response = operation["responses"][str(answer["status"])]
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
    media = answer["headers"].get("Content-Type", "").partition(";")[0]
    found: dict[str, Any] | None = response.get("content", {}).get(media, {}).get("schema")
    return found
