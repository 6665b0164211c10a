"""What Prometheus scrapes: the process, and the sources that the token may see."""

import asyncio
import gzip
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client import exposition as plain
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from core import __version__
from core.api.context import ActorOf, runtime_of
from core.api.exposition_text import text
from core.models import ExposedSource, Part

OPENMETRICS, PLAIN = "application/openmetrics-text", "text/plain"
GZIP_LEVEL = 1
"""A tenth of the size already; what a higher level saves is not worth its time on a local network."""

router = APIRouter(tags=["monitoring"])


class ProcessParts(Collector):
    """The program's version, and which of the parts that work rests on are out of reach."""

    def __init__(self, parts: tuple[Part, ...]) -> None:
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("cheshmeh_build", "The program that answers.", {"version": __version__})
        degraded = GaugeMetricFamily("cheshmeh_degraded", "1 for a part that does not answer.", labels=["part"])
        for part in self._parts:
            degraded.add_metric([part.name], float(not part.ok))
        yield degraded


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(
    request: Request,
    actor: ActorOf,
    accept: Annotated[str, Header()] = "",
    accept_encoding: Annotated[str, Header()] = "",
) -> Response:
    """In Prometheus' text format or OpenMetrics', whichever is asked for first, for a token of the scope `metrics`."""
    runtime = runtime_of(request)
    sources = await runtime.call(runtime.exposition.read(actor))
    parts = await runtime.ready()
    # In a thread: with thousands of sources this is megabytes of text, and the pages are served by this loop.
    return await asyncio.to_thread(answer, sources, parts, _wanted(accept), packed="gzip" in accept_encoding)


def answer(sources: tuple[ExposedSource, ...], parts: tuple[Part, ...], wanted: str, *, packed: bool) -> Response:
    """The whole exposition in one of the two formats."""
    form = openmetrics if wanted == OPENMETRICS else plain
    body = text(sources, openmetrics=wanted == OPENMETRICS).encode() + form.generate_latest(_process(parts))
    headers = {"Content-Type": _content_type(wanted), "Vary": "Accept, Accept-Encoding"}
    if packed:
        body, headers = gzip.compress(body, GZIP_LEVEL), headers | {"Content-Encoding": "gzip"}
    return Response(body, headers=headers)


def _process(parts: tuple[Part, ...]) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(ProcessParts(parts))
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    return registry


def _wanted(accept: str) -> str:
    """Prometheus names what it prefers first; anybody else gets the older format, which is readable everywhere."""
    named = (part.partition(";")[0].strip() for part in accept.split(","))
    return next((each for each in named if each in (OPENMETRICS, PLAIN)), PLAIN)


def _content_type(wanted: str) -> str:
    return openmetrics.CONTENT_TYPE_LATEST if wanted == OPENMETRICS else plain.CONTENT_TYPE_PLAIN_0_0_4
