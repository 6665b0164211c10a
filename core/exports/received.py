"""A sample as the HTTP interface answered it, back in the types of its source."""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from core.models import Column, Message, Sample
from core.values import json_value


def received(answer: Mapping[str, Any]) -> Sample:
    """The sample of an answer of `POST …/sample`: its fingerprint is that of the sample that was sent.

    A value that would not go back to the JSON it came as stays what it is; spans, UUIDs and nested values stay JSON.
    """
    columns = tuple(Column(each["name"], each["type"]) for each in answer["columns"])
    rows = [tuple(_value(row[column.name], column.type) for column in columns) for row in answer["rows"]]
    notes = tuple(map(Message.literal, answer["notes"]))
    return Sample(columns, rows, answer.get("truncated_by"), answer["bytes_read"], answer["executed"], notes)


def _value(value: Any, kind: str) -> Any:
    make = _MAKERS.get(kind)
    if make is None or value is None:
        return value
    try:
        made = make(value)
        # As text: False and 0, 1 and 1.0 are equal to Python.
        return made if json.dumps(json_value(made)) == json.dumps(value) else value
    except (ValueError, TypeError, ArithmeticError, KeyError):
        return value


def _binary(value: Any) -> bytes:
    return base64.b64decode(value["base64"], validate=True)


_MAKERS: Mapping[str, Callable[[Any], Any]] = {
    "integer": int,
    "float": float,
    "decimal": Decimal,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "timestamp": datetime.fromisoformat,
    "timestamptz": datetime.fromisoformat,
    "binary": _binary,
}
