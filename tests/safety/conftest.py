"""What the tests of the address rules share."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.safety.trap import THERE, NamingLoop, Trap, trap


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": NamingLoop}


@pytest.fixture
def trapped(refused_port: int) -> Iterator[Trap]:
    """An address of this machine that `ONLY_HERE` denies, in both families; nobody answers at the one it allows."""
    with trap(THERE, "::1", port=refused_port) as found:
        yield found
        assert found.arrived == 0
