"""The interface's document: FastAPI's, with bodies made from the models of the registered kinds, and every answer."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from core.api.operations import (
    ONE_QUERY,
    OPERATIONS,
    POLICY,
    QUERIES,
    SOURCES,
    Operation,
    component_responses,
    problem_schema,
)
from core.api.schemas import PingLine, PingSummary
from core.models import BreakerAction, KindSchemas, SamplePolicy
from core.services.inputs import NOTE_MAX, REASON_MAX, BreakerInput, SourceInput
from core.services.queries import QueryInput, QueryPatch

REFERENCE = "#/components/schemas/{model}"
EXAMPLES = Path(__file__).with_name("examples.json")
QUERY_ID = "5b1d0c2e-8a3f-4f0e-9d55-2f6f0a4c7e19"
SLUG = "^[a-z0-9][a-z0-9-]{0,62}$"
SECURITY: list[dict[str, list[str]]] = [{"token": []}, {"session": []}]
SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "`python -m core tokens add` prints one, once"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "cheshmeh_session",
        "description": "of a browser that is signed in; a write must then come from the same origin",
    },
}
SUMMARY = """Which of an organisation's data sources are healthy, and bounded, read-only samples of them.

Times are RFC 3339 in UTC, latencies milliseconds. Errors are RFC 9457 problems, in the language of
`Accept-Language`, else of `CHESHMEH_LOCALE`. A body is at most 1 MiB of JSON."""

Schema = dict[str, Any]


def describe(app: FastAPI, kinds: Iterable[KindSchemas]) -> None:
    """Gives the application a document with a schema a kind for creating, changing, testing and sampling."""
    known = tuple(kinds)

    def document() -> Schema:
        if app.openapi_schema is None:
            made = get_openapi(title=app.title, version=app.version, description=SUMMARY, routes=app.routes)
            _add_kinds(made, known)
            _add_answers(made)
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's own way of replacing it


@cache
def examples() -> dict[str, list[Schema]]:
    """By operation: `request` (`query`, `headers`, `body`) and the `status`, `headers` and `body` of the answer."""
    read: dict[str, list[Schema]] = json.loads(EXAMPLES.read_text("utf-8"))
    return read


def _add_answers(document: Schema) -> None:
    components = document["components"]
    components["securitySchemes"] = SCHEMES
    components["responses"] = component_responses()
    components["schemas"]["Problem"] = problem_schema()
    for model in (PingLine, PingSummary):
        components["schemas"][model.__name__] = model.model_json_schema(ref_template=REFERENCE)
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    for (method, path), operation in OPERATIONS.items():
        _complete(document["paths"][path][method], operation)


def _complete(described: Schema, operation: Operation) -> None:
    described["operationId"] = operation.id
    good = next(answer for status, answer in described["responses"].items() if status.startswith("2"))
    good |= {"headers": dict(operation.headers)} if operation.headers else {}
    if operation.content:
        good["content"] = {**good.get("content", {}), **operation.content}
    described["responses"].pop("422", None)
    errors = {str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(operation.errors)}
    described["responses"] |= errors
    described["parameters"] = [*map(_parameter, described.get("parameters", [])), *operation.parameters]
    if operation.role:
        described["security"] = SECURITY
        described["description"] = f"{described.get('description', '')}\n\nNeeds: {operation.role}.".strip()
    for example in examples().get(operation.id, []):
        _add_example(described, example)


def _parameter(parameter: Schema) -> Schema:
    """Path parameters are judged by the program itself, so that whatever is wrong with them is the same 404."""
    uid = {"type": "string", "format": "uuid"}
    shapes = {"org_id": {"type": "string", "pattern": SLUG}, "ds_id": uid, "query_id": uid}
    shown = {"org_id": "demo", "ds_id": "0c6f6a0e-4b52-4b5e-9c0b-3f5c7f3a8d11", "query_id": QUERY_ID}
    name = parameter["name"]
    judged = name in shapes and parameter["in"] == "path"
    return parameter | {"schema": shapes[name], "example": shown[name]} if judged else parameter


def _add_example(described: Schema, example: Schema) -> None:
    name, answer = example["name"], example["answer"]
    if "body" in example["request"]:
        content = described["requestBody"]["content"]["application/json"]
        content.setdefault("examples", {})[name] = {"value": example["request"]["body"]}
    if "body" in answer:
        response = described["responses"][str(answer["status"])]
        if "content" in response:
            media = next(iter(response["content"].values()))
            media.setdefault("examples", {})[name] = {"value": answer["body"]}


def _add_kinds(document: Schema, kinds: tuple[KindSchemas, ...]) -> None:
    schemas = document["components"]["schemas"]
    for kind in kinds:
        schemas |= kind.definitions
        name = kind.name.capitalize()
        schemas[f"{name}Config"] = dict(kind.config)
        schemas[f"{name}ConfigChange"] = _changes(kind.config)
        schemas[f"{name}Params"] = dict(kind.params)
        schemas[f"{name}SourceCreate"] = _create(kind.name, name)
        schemas[f"{name}SourceTest"] = _test(kind.name, name)
    names = [kind.name.capitalize() for kind in kinds]
    paths = document["paths"]
    _body(paths[SOURCES]["post"], _one_of(kinds, "SourceCreate"))
    _body(paths[f"{SOURCES}/test"]["post"], _one_of(kinds, "SourceTest"))
    _body(paths[f"{SOURCES}/{{ds_id}}"]["patch"], _update(names))
    _body(paths[f"{SOURCES}/{{ds_id}}/breaker"]["post"], _breaker_order())
    params = {"anyOf": [_reference(f"{name}Params") for name in names]}
    _body(paths[f"{SOURCES}/{{ds_id}}/sample"]["post"], _object({"params": params}, "params"))
    _body(paths[QUERIES]["post"], QueryInput.model_json_schema())
    _body(paths[ONE_QUERY]["patch"], QueryPatch.model_json_schema())
    _body(paths[f"{ONE_QUERY}/run"]["post"], _object({"parameters": {"type": "object"}}))
    _body(paths[POLICY]["put"], _object({"samples": {"enum": list(SamplePolicy)}}, "samples"))


def _body(operation: Schema, schema: Schema) -> None:
    operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}


def _create(kind: str, name: str) -> Schema:
    named: Schema = {"kind": {"const": kind}, "config": _reference(f"{name}Config")}
    return _object(_settings() | named, "kind", "name", "config")


def _test(kind: str, name: str) -> Schema:
    properties = {
        "kind": {"const": kind},
        "config": _reference(f"{name}Config"),
        "ds_id": {"type": "string", "format": "uuid"},
    }
    return _object(properties, "kind", "config")


def _update(names: list[str]) -> Schema:
    """A merge patch: null returns to the default, but a source is never without a name or a configuration."""
    config = {"anyOf": [_reference(f"{name}ConfigChange") for name in names]}
    settings = {name: _without_default(schema) for name, schema in _settings().items()}
    thresholds = {name: _or_null(_without_default(schema)) for name, schema in _thresholds().items()}
    settings |= {name: _or_null(settings[name]) for name in ("description", "tags", "paused")}
    settings["breaker"] = _or_null(_object(thresholds))
    return _object(settings | {"config": config, "note": _note()})


def _settings() -> Schema:
    """What a source has beside its kind and configuration, as the service checks it."""
    properties: Schema = SourceInput.model_json_schema()["properties"]
    moment = {"type": "string", "format": "date-time"}
    return {
        **{name: schema for name, schema in properties.items() if name not in ("kind", "config")},
        "maintenance": _or_null(_object({"from": moment, "until": moment})),
        "breaker": _object(_thresholds()),
    }


def _thresholds() -> Schema:
    properties: Schema = BreakerInput.model_json_schema()["properties"]
    return properties


def _without_default(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key != "default"}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _note() -> Schema:
    """A merge patch as well: `until: null` makes it count until it is taken away."""
    text = {"type": "string", "minLength": 1, "maxLength": NOTE_MAX}
    until = _or_null({"type": "string", "format": "date-time"})
    return _or_null(_object({"text": text, "until": until}))


def _breaker_order() -> Schema:
    reason = {"type": "string", "minLength": 1, "maxLength": REASON_MAX}
    return _object(
        {"action": {"enum": [action.value for action in BreakerAction]}, "reason": reason}, "action", "reason"
    )


def _changes(config: Mapping[str, Any]) -> Schema:
    """A merge patch (RFC 7396): nothing is required, `null` clears, a kept secret may come back as it was shown."""
    kept = {"type": "object", "properties": {"set": {"const": True}}, "required": ["set"]}
    properties = {
        name: {"anyOf": [schema, *([kept] if "writeOnly" in str(schema) else []), *_parts(schema), {"type": "null"}]}
        for name, schema in config.get("properties", {}).items()
    }
    return _object(properties)


def _parts(schema: Schema) -> list[Schema]:
    """Of a member that is an object itself any part may be sent."""
    return [{"type": "object"}] if any(mark in str(schema) for mark in ("$ref", "oneOf", "'object'")) else []


def _one_of(kinds: tuple[KindSchemas, ...], what: str) -> Schema:
    references = {kind.name: f"#/components/schemas/{kind.name.capitalize()}{what}" for kind in kinds}
    choices = [{"$ref": reference} for reference in references.values()]
    return {"oneOf": choices, "discriminator": {"propertyName": "kind", "mapping": references}}


def _object(properties: Schema, *required: str) -> Schema:
    schema: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return schema | ({"required": list(required)} if required else {})


def _reference(name: str) -> Schema:
    return {"$ref": REFERENCE.format(model=name)}
