"""`python -m tests.hostile.look`: one hostile sample, and how far the memory of this process rose with it.

Reads from its standard input, as JSON: `kind`, `config`, `warm` (params of honest samples), `params` (of the hostile
one). Prints, as JSON, what `tests.hostile.looking.Look` holds.
"""

import asyncio
import gc
import json
import sys
from pathlib import Path
from typing import Any

from core.connectors import forms
from core.connectors.base import Environment
from core.connectors.registry import registry
from core.guarded import CallReport, GuardedConnector
from core.metrics.figures import SourceFigures
from core.models import BreakerConfig
from core.resilience.breaker import Breaker
from core.resilience.retry import RetryPolicy
from core.safety.egress import EgressPolicy

RESET_PEAK = "5"
"""`proc(5)`, /proc/pid/clear_refs."""


def guarded(kind_name: str, config: dict[str, Any]) -> GuardedConnector:
    kind = registry.discover().kinds[kind_name]
    kind.preload()
    model = forms.validate_config(kind.config_model, config)
    return GuardedConnector(
        lambda: kind.build(model, Environment(EgressPolicy())),
        kind.limits.overridden(model.timeout_s),
        Breaker(BreakerConfig()),
        SourceFigures(),
        RetryPolicy(retries=0),
        egress=EgressPolicy(),
    )


async def look(asked: dict[str, Any]) -> dict[str, Any]:
    guard = guarded(asked["kind"], asked["config"])
    try:
        for params in asked["warm"] * 2:
            report = await guard.sample(params)
            assert report.error is None, report.error
        rest = _rest()
        found = await guard.sample(asked["params"])
        peak = _status("VmHWM")
        told = _told(found) | {"peak_mb": round((peak - rest) / 1024, 1)}
        del found
        again = await guard.sample(asked["warm"][0])
        return told | {"usable": again.error is None}
    finally:
        await guard.close()


def _told(report: CallReport[Any]) -> dict[str, Any]:
    if report.error is not None:
        return {"ended": str(report.error) or type(report.error).__name__, "rows": 0, "notes": []}
    sample = report.value
    assert sample is not None
    notes = [note.key for note in sample.notes]
    return {"ended": sample.truncated_by or "whole", "rows": len(sample.rows), "notes": notes}


def _rest() -> int:
    gc.collect()
    Path("/proc/self/clear_refs").write_text(RESET_PEAK, "ascii")
    return _status("VmRSS")


def _status(name: str) -> int:
    """In KiB."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name + ":"))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(look(json.load(sys.stdin)))))
