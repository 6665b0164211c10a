"""The product as a command sees it: on the same data directory, beside a dashboard that may be running."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from core import settings
from core.bootstrap import Process, opened
from core.models import Actor
from core.runtime import Runtime

T = TypeVar("T")


def run(work: Callable[[Runtime, Actor], Coroutine[Any, Any, T]]) -> T:
    """Does one piece of work as the owner of the data directory. Raises CheshmehError."""
    with opened(settings.load(), Process.COMMAND) as runtime:
        actor = runtime.run(runtime.access.local_actor())
        return runtime.run(work(runtime, actor))
