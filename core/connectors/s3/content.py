"""What an object holds is not what its service says: of a damaged file no breaker learns that the service is down."""

from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import BadAnswer
from core.models import Outcome


@contextmanager
def content() -> Iterator[None]:
    """Around what reads bytes that have come: a BadAnswer in here says that the service was reached."""
    try:
        yield
    except BadAnswer as err:
        err.outcome = Outcome.REACHED
        raise
