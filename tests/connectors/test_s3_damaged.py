"""Objects that cannot be read, and services that send other parts than were asked for: what the breaker learns."""

import pytest

from core.connectors.base import Environment
from core.connectors.kinds.s3 import S3Config, S3Connector
from core.errors import BadAnswer
from core.guarded import GuardedConnector
from core.metrics.figures import SourceFigures
from core.models import BreakerConfig, BreakerState, Outcome
from core.resilience.breaker import Breaker
from core.resilience.retry import RetryPolicy
from core.safety.egress import EgressPolicy
from tests.connectors.conformance import error_of
from tests.connectors.s3_objects import BUCKET, parquet, table
from tests.connectors.traces import no_traces_of
from tests.servers.stubs import stub_server

pytestmark = pytest.mark.anyio

DAMAGED = bytearray(parquet(table(100)))
DAMAGED[4:60] = b"\xff" * 56


def guarded(url: str) -> GuardedConnector:
    config = S3Config(endpoint_url=url, bucket=BUCKET, prefix="p/")
    breaker, once, egress = Breaker(BreakerConfig()), RetryPolicy(retries=0), EgressPolicy()
    build, limits = (lambda: S3Connector.build(config, Environment(egress))), S3Connector.limits
    return GuardedConnector(build, limits, breaker, SourceFigures(), once, egress=egress)


@pytest.mark.parametrize(
    ("key", "body"),
    [
        ("p/empty.json", b""),
        ("p/page.json", b"<html>Sign in</html>"),
        ("p/rows.jsonl", b"not json"),
        ("p/rows.csv.gz", b"\x1f\x8b" + b"no gzip" * 10),
        ("p/rows.csv.zst", b"\x28\xb5\x2f\xfd" + b"no zstd" * 10),
        ("p/none.parquet", b"not a file"),
        ("p/footer.parquet", b"PAR1" + bytes(4) + b"\x04\0\0\0PAR1"),
        ("p/pages.parquet", bytes(DAMAGED)),
    ],
)
async def test_an_object_that_cannot_be_read_says_nothing_against_its_service(key: str, body: bytes):
    with stub_server(200, body, {}) as url:
        async with no_traces_of(guarded(url)) as guard:
            for _ in range(5):
                report = await guard.sample({"key": key})
                assert report.error is not None
                assert (report.error.code, report.outcome) == ("bad_answer", Outcome.REACHED)
            assert (guard.breaker.state, guard.breaker.failures) == (BreakerState.CLOSED, 0)


@pytest.mark.parametrize("key", ["p/page.json", "p/page.parquet"])
async def test_nor_do_columns_that_cannot_be_read(key: str):
    with stub_server(200, b"<html>Sign in</html>", {}) as url:
        async with no_traces_of(guarded(url)) as guard:
            assert isinstance(await error_of(guard.describe(key)), BadAnswer)
            assert guard.breaker.failures == 0


@pytest.mark.parametrize("extent", [None, "bytes 5-9/10", "lines 0-9/10"])
async def test_a_part_of_an_object_from_nobody_knows_where_is_no_answer(extent: str | None):
    with stub_server(206, b"a,b\n1,2\n", {"Content-Range": extent} if extent else {}) as url:
        async with no_traces_of(guarded(url)) as guard:
            report = await guard.sample({"key": "p/rows.csv"})
    assert (str(report.error), report.outcome) == ("bad_answer.not_s3", Outcome.FAIL)
