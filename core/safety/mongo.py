"""Which MongoDB requests a sample may send: finds and pipelines that only read, judged at every depth.

Judged is the Extended JSON as it was given, before it becomes documents: every name with a dollar sign must be on a
list, wherever it stands. This is the first of two layers. The second is the connector's command gate, and on a replica
set a transaction, in which the server itself refuses to write. What only this layer stops on a standalone: JavaScript
(`$where`, `$function`, `$accumulator`) and stages that show other people's sessions and operations.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from core.errors import QueryRefused
from core.models import FieldError, Message
from core.safety.mongo_operators import OPERATORS, RULES, STAGES

BYTES_MAX = 100_000
DEPTH_MAX = 40
"""Levels of a request. Documents of MongoDB have at most 100; people's requests seldom more than 15."""
PART_MAX = 80
SORT, NATURAL = "params.sort", "$natural"
"""The order in which documents lie: no operator, and said in a sort alone."""


def check_collection(name: Any, *, field: str = "params.collection") -> None:
    """Refuses the server's own collections (`system.*`) and what is no collection's name. Raises QueryRefused."""
    if not isinstance(name, str) or not name or "\0" in name or "$" in name:
        _refuse("collection_name", part=str(name), field=field)
    if servers_own(name):
        _refuse("secret_collection", part=name, field=field)


def servers_own(collection: str) -> bool:
    """Whether a collection is one of those in which the server keeps users, sessions and profiles."""
    return collection.split(".")[0] == "system" or ".system." in collection


def check_document(document: Mapping[str, Any], *, field: str) -> None:
    """A filter, projection or sort: operators that compute or compare. Raises QueryRefused."""
    _check_size(document, field)
    ordered = field == SORT and document.get(NATURAL) in (1, -1)
    _judge({name: document[name] for name in document if not (ordered and name == NATURAL)}, field, DEPTH_MAX)


def check_pipeline(pipeline: Sequence[Any], *, field: str = "params.pipeline") -> None:
    """An aggregation: stages that read, in it and in every pipeline inside it. Raises QueryRefused.

    `rule` names the rule, `part` the offending name.
    """
    _check_size(pipeline, field)
    _judge_pipeline(pipeline, field, DEPTH_MAX)


def _check_size(request: Any, field: str) -> None:
    try:
        if len(json.dumps(request, default=str)) > BYTES_MAX:
            _refuse("too_long", part="", field=field)
    except RecursionError:
        _refuse("too_deep", part="", field=field)


def _judge_pipeline(pipeline: Any, field: str, levels: int) -> None:
    if not isinstance(pipeline, list | tuple):
        _refuse("pipeline", part=str(pipeline), field=field)
    for stage in pipeline:
        if not isinstance(stage, Mapping) or len(stage) != 1:
            _refuse("pipeline", part=str(stage), field=field)
        ((name, body),) = stage.items()
        if name not in STAGES:
            _refuse("stage", part=name, field=field)
        _judge_stage(name, body, field, _below(levels, field))


def _judge_stage(name: str, body: Any, field: str, levels: int) -> None:
    if name == "$facet" and isinstance(body, Mapping):
        for pipeline in body.values():
            _judge_pipeline(pipeline, field, levels)
    elif name == "$unionWith" and isinstance(body, str):
        check_collection(body, field=field)
    elif name in ("$lookup", "$graphLookup", "$unionWith") and isinstance(body, Mapping):
        _judge_join(body, field, levels)
    else:
        _judge(body, field, levels)


def _judge_join(body: Mapping[str, Any], field: str, levels: int) -> None:
    """The other collection and what is asked of it; `from` as a document would name another database."""
    for name, member in body.items():
        if name in ("from", "coll"):
            check_collection(member, field=field)
        elif name == "db":
            _refuse("operator", part=name, field=field)
        elif name == "pipeline":
            _judge_pipeline(member, field, levels)
        else:
            _judge({name: member}, field, levels)


def _judge(value: Any, field: str, levels: int) -> None:
    below = _below(levels, field)
    if isinstance(value, Mapping):
        for name, member in value.items():
            if name.startswith("$") and name not in OPERATORS:
                _refuse("operator", part=name, field=field)
            _judge(member, field, below)
    elif isinstance(value, list | tuple):
        for member in value:
            _judge(member, field, below)


def _below(levels: int, field: str) -> int:
    if not levels:
        _refuse("too_deep", part="", field=field)
    return levels - 1


def _refuse(reason: str, *, part: str, field: str) -> NoReturn:
    named = reason in ("stage", "operator") and part in RULES
    rule = f"{reason}.{RULES[part]}" if named else reason
    part = part[:PART_MAX]
    fields = (FieldError(field, Message(f"error.query_refused.{reason}", {"part": part})),)
    raise QueryRefused(reason, rule=rule, part=part, fields=fields)
