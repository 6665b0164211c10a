"""`python -m tests.hostile`: every hostile answer of every kind, with the memory that each one took."""

import sys
from pathlib import Path

import pytest


class _Run:
    """What the tests import is imported late: pytest wants to be there first."""

    def pytest_configure(self, config: pytest.Config) -> None:
        from tests.hostile.table import HostileTable

        config.pluginmanager.register(HostileTable(), "cheshmeh-hostile")


if __name__ == "__main__":
    sys.exit(pytest.main([str(Path(__file__).parent), *sys.argv[1:]], plugins=[_Run()]))
