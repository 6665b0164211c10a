"""What the interface's document says about request bodies: made from the models of the registered kinds."""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from core.models import BreakerAction, KindSchemas
from core.services.inputs import REASON_MAX

REFERENCE = "#/components/schemas/{model}"
SOURCES = "/orgs/{org_id}/datasources"

Schema = dict[str, Any]


def describe(app: FastAPI, kinds: Iterable[KindSchemas]) -> None:
    """Gives the application a document with a schema a kind for creating, changing, testing and sampling."""
    known = tuple(kinds)

    def document() -> Schema:
        if app.openapi_schema is None:
            made = get_openapi(title=app.title, version=app.version, routes=app.routes)
            _add_kinds(made, known)
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's own way of replacing it


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


def _body(operation: Schema, schema: Schema) -> None:
    operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}


def _create(kind: str, name: str) -> Schema:
    named: Schema = {"kind": {"const": kind}, "name": {"type": "string"}, "config": _reference(f"{name}Config")}
    return _object(named | _settings(), "kind", "name", "config")


def _test(kind: str, name: str) -> Schema:
    properties = {"kind": {"const": kind}, "config": _reference(f"{name}Config"), "ds_id": {"format": "uuid"}}
    return _object(properties, "kind", "config")


def _update(names: list[str]) -> Schema:
    config = {"anyOf": [_reference(f"{name}ConfigChange") for name in names]}
    return _object({"name": {"type": "string"}, "config": config} | _settings())


def _settings() -> Schema:
    moment = {"type": "string", "format": "date-time"}
    thresholds = {"failure_threshold": {"type": "integer"}, "timeout_seconds": {"type": "number"}}
    return {
        "description": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "check_interval_s": {"type": ["number", "null"]},
        "paused": {"type": "boolean"},
        "maintenance": {"anyOf": [_object({"from": moment, "until": moment}), {"type": "null"}]},
        "breaker": _object(thresholds),
    }


def _breaker_order() -> Schema:
    reason = {"type": "string", "minLength": 1, "maxLength": REASON_MAX}
    return _object(
        {"action": {"enum": [action.value for action in BreakerAction]}, "reason": reason}, "action", "reason"
    )


def _changes(config: Mapping[str, Any]) -> Schema:
    """A merge patch (RFC 7396): nothing is required, `null` clears, a kept secret may come back as it was shown."""
    kept = {"type": "object", "properties": {"set": {"const": True}}, "required": ["set"]}
    properties = {
        name: {"anyOf": [schema, *([kept] if "writeOnly" in str(schema) else []), {"type": "null"}]}
        for name, schema in config.get("properties", {}).items()
    }
    return _object(properties)


def _one_of(kinds: tuple[KindSchemas, ...], what: str) -> Schema:
    references = {kind.name: f"#/components/schemas/{kind.name.capitalize()}{what}" for kind in kinds}
    choices = [{"$ref": reference} for reference in references.values()]
    return {"oneOf": choices, "discriminator": {"propertyName": "kind", "mapping": references}}


def _object(properties: Schema, *required: str) -> Schema:
    schema: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return schema | ({"required": list(required)} if required else {})


def _reference(name: str) -> Schema:
    return {"$ref": REFERENCE.format(model=name)}
