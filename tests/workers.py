"""The tests may run in several processes, each with servers of its own: how many, and what they hand on to print."""

import os
from typing import Any

import psutil
import pytest

from tests.servers.plugin import SERVERS

MOST = 4
"""Each has some ten servers, and at times a browser."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """As many as there are processors; none beside this process where a server is given, in which they would meet."""
    given = any(name.startswith("CHESHMEH_TEST_") and name.endswith("_URL") and os.environ[name] for name in os.environ)
    return 0 if given else min(psutil.cpu_count() or 1, MOST)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What a module makes once for all its tests is made by one worker. These modules come first, the longest ones."""
    for item in items if config.getoption("loadgroup", False) else ():
        if isinstance(item, pytest.Function) and _shares_something(item):
            item.add_marker(pytest.mark.xdist_group(item.module.__name__))


def _shares_something(item: pytest.Function) -> bool:
    definitions = item._fixtureinfo.name2fixturedefs.values()
    return any(definition[-1].scope == "module" for definition in definitions)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker's end."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["servers"] = session.config.stash[SERVERS]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker ended; one that died left nothing."""
    known = node.config.stash[SERVERS]
    known.extend(name for name in getattr(node, "workeroutput", {}).get("servers", ()) if name not in known)
