"""docs/Faults.md, from the expectations and from what the faults say of themselves."""

import inspect
from pathlib import Path

from tests.faults.expectations import EXPECTED, NO_RUNG
from tests.faults.faults import FAULTS
from tests.faults.places import KINDS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "Faults.md"

HEAD = """# Faults

`make faults` breaks a source of every kind in every way below, in front of a real server on this machine, and looks at
what comes of it. In each cell

- the call ends within its limit (`timeout_s`) and half a second, with the error that stands here;
- the breaker learns what it proves: `auth_failed` says that the source is there, every other error counts against it;
- the ladder of checks fails at the rung that stands here, and says the same;
- no secret is in what is said, in Persian or English; no socket, task or thread is left once the connector is closed;
- the next call succeeds as soon as the fault is lifted.

`make test` runs the cells too, without looking at the clock. `python -m tests.faults --write` writes this page.

## What is told

The error, and the rung that fails.

"""

BETWEEN = """
¹ No fault: a health request reads the beginning of an answer only, and a sample is cut at its limit of bytes.

## How each is made

"""


def text() -> str:
    """The whole page."""
    told = "\n".join(_row(fault.replace("_", " "), *(_cell(kind, fault) for kind in KINDS)) for fault in FAULTS)
    made = "\n".join(_row(name.replace("_", " "), _sentence(fault)) for name, fault in FAULTS.items())
    return HEAD + _head("fault", *KINDS) + told + "\n" + BETWEEN + _head("fault", "made by") + made + "\n"


def _cell(kind: str, fault: str) -> str:
    expected = EXPECTED[kind][fault]
    if expected.rung == NO_RUNG:
        return f"{expected.code} ¹"
    return f"`{expected.code}` · {expected.rung}"


def _sentence(fault: object) -> str:
    return " ".join((inspect.getdoc(fault) or "").split())


def _head(*names: str) -> str:
    return f"{_row(*names)}\n{_row(*('---' for _ in names))}\n"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
