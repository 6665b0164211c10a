"""One number for what a sample holds, the same whatever file it travels in."""

import hashlib
import json
from typing import Any

from core.models import Sample
from core.values import clean, json_value


def fingerprint(sample: Sample) -> str:
    """SHA-256, in hexadecimal, of lines of JSON in UTF-8, each ended by a line feed.

    The first line is the list of columns, each `[name, type]`; then one list a row, its cells in the order of the
    columns and in the form of `core.values.json_value`, which is that of the HTTP interface and of JSON Lines. JSON is
    written without spaces, the members of objects in the order of their names, letters beyond ASCII as they are.
    Whoever holds a card and the JSON Lines of a sample computes it again:

        lines = [[[c["name"], c["type"]] for c in card["columns"]]]
        lines += [[row[c["name"]] for c in card["columns"]] for row in map(json.loads, open("sample.jsonl", "rb"))]
        text = "".join(
            json.dumps(line, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\\n" for line in lines
        )
        hashlib.sha256(text.encode()).hexdigest() == card["fingerprint"]["sha256"]
    """
    found = hashlib.sha256(_line([[clean(column.name), column.type] for column in sample.columns]))
    for row in sample.rows:
        found.update(_line(list(map(json_value, row))))
    return found.hexdigest()


def _line(value: list[Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n").encode()
