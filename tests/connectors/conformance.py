"""What every kind of source promises, as tests: a kind's test class subclasses `ConnectorConformance`."""

import asyncio
import gc
import logging
import threading
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, ClassVar

import psutil
import pytest

from core.connectors import forms
from core.connectors.base import Connector, Environment
from core.errors import CheshmehError, SourceError, SourceTimeout
from core.i18n import LANGUAGES, translator
from core.models import CheckStatus, Message, Outcome
from core.resilience.deadline import within
from core.safety.egress import EgressPolicy
from core.values import TYPES

Config = dict[str, Any]
Params = dict[str, Any]
Build = Callable[..., Connector]

CANARY = "c4n4ry-Xq7ظ"
"""The secret of `refused_config`: wherever it is seen, secrets are not kept."""

LIMIT_S = 0.5
"""The smallest `timeout_s` that a configuration takes."""


async def error_of(work: Awaitable[Any]) -> CheshmehError:
    """The error that `work` ends with, shown to be one that the whole program can handle."""
    with pytest.raises(CheshmehError) as caught:
        await work
    assert_presentable(caught.value)
    return caught.value


def assert_presentable(error: CheshmehError) -> None:
    """Every language has a sentence and an advice for it, with all their arguments; the secret is in none of it."""
    assert type(error).__module__ == "core.errors"
    said = [repr(error), str(error), repr(vars(error)), *traceback.format_exception(error)]
    for lang in LANGUAGES:
        speak = translator(lang, strict=True).message
        said += [speak(error.message), speak(error.advice), *(speak(field.message) for field in error.fields)]
    assert_kept(said)


def assert_kept(texts: list[str]) -> None:
    assert [text for text in texts if CANARY in text] == []


def sockets() -> int:
    """How many internet sockets this process holds, forgotten ones not counted."""
    gc.collect()
    return len(psutil.Process().net_connections("inet"))


def traces() -> tuple[int, set[asyncio.Task[Any]], set[threading.Thread]]:
    return sockets(), asyncio.all_tasks(), set(threading.enumerate())
