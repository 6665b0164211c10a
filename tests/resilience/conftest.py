"""Virtual time for everything in here: every second is counted, none is waited for."""

from typing import Any

import pytest

from tests.fakes import VirtualTimeLoop


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}
