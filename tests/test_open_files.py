"""How many connections a dashboard may hold."""

import resource
from collections.abc import Iterator

import pytest

from core.bootstrap import FILES_MAX, allow_open_files


@pytest.fixture
def usual_limit() -> Iterator[int]:
    """The soft limit that systems give a process; yields the hard one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_dashboard_takes_as_many_open_files_as_it_may_have(usual_limit: int) -> None:
    if usual_limit in range(1025):
        pytest.skip("this system allows no more")
    allow_open_files()
    most = FILES_MAX if usual_limit == resource.RLIM_INFINITY else min(FILES_MAX, usual_limit)
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (most, usual_limit)
