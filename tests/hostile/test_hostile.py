"""No answer takes more memory than its limit, and none leaves its source unusable."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.hostile.cases import CASES, Case
from tests.hostile.conftest import Source
from tests.servers.processes import ends_with_us

pytestmark = pytest.mark.anyio

HANGS_S = 120
EVERY = 1 if os.environ.get("CHESHMEH_TEST_HOSTILE") == "whole" else 4
"""Which of the cases are asked: each takes a process of its own, and `make hostile` asks them all."""
ASKED = dict(list(CASES.items())[::EVERY])


@pytest.fixture
def kind(case: Case) -> str:
    return case.kind


@pytest.mark.parametrize("case", ASKED.values(), ids=ASKED)
async def test_a_hostile_answer_ends_within_its_limits(
    case: Case, source: Source, record_property: Callable[[str, object], None]
):
    config, warm = source
    asked = {"kind": case.kind, "config": config | case.config, "warm": warm, "params": case.params}
    found = await _looked(asked)
    record_property("look", found)
    assert found["ended"] in case.ended, found
    assert found["usable"], found
    assert found["peak_mb"] <= case.memory_mb, found


async def _looked(asked: dict[str, Any]) -> dict[str, Any]:
    command = [*ends_with_us(), sys.executable, "-m", "tests.hostile.look"]
    pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE}
    process = await asyncio.create_subprocess_exec(*command, **pipes)
    try:
        async with asyncio.timeout(HANGS_S):
            out, err = await process.communicate(json.dumps(asked).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, err.decode()
    found: dict[str, Any] = json.loads(out)
    return found
