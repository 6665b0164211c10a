"""What a source is configured to reach: a sample beyond it is refused by us, whatever the breaker says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import BreakerOpen, InvalidInput, QueryRefused
from core.models import Actor, Role, Source, SourceDraft
from tests.services.assembly import Product, product
from tests.services.test_holds import order

ADMIN = Actor("نگار", {"main": Role.ADMIN})
BUCKET = {"endpoint_url": "http://127.0.0.1:9", "bucket": "lake", "prefix": "logs/"}
SERVICE = {"base_url": "http://127.0.0.1:9", "auth": {"type": "query", "name": "api_key", "value": "a-secret"}}
BEYOND = [
    ("s3", BUCKET, {"key": "secret/x.csv"}, "s3_prefix"),
    ("s3", BUCKET, {"prefix": "other/"}, "s3_prefix"),
    ("rest", SERVICE, {"query": {"API_KEY": "1"}}, "rest_auth_parameter"),
]
WITHIN = [("s3", BUCKET, {"key": "logs/x.csv"}), ("s3", BUCKET, {}), ("rest", SERVICE, {"query": {"page": 1}})]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Product]:
    with product(tmp_path) as made:
        made.runtime.run(made.runtime.access.ensure_organisation("main", "main"))
        yield made


def held_open(made: Product, kind: str, config: dict[str, Any]) -> Source:
    source = made.runtime.run(made.runtime.sources.create(ADMIN, "main", SourceDraft(kind, "داده", config)))
    return order(made, source, "force_open")


def sample(made: Product, source: Source, params: dict[str, Any]) -> Any:
    return made.runtime.run(made.runtime.sources.sample(ADMIN, "main", source.id, params))


def save(made: Product, source: Source, params: dict[str, Any]) -> Any:
    draft = {"name": "q", "source_id": str(source.id), "params": params}
    return made.runtime.run(made.runtime.queries.save(ADMIN, "main", draft))


@pytest.mark.parametrize(("kind", "config", "params", "rule"), BEYOND)
def test_a_sample_beyond_it_is_refused_before_the_breaker_is_asked(
    made: Product, kind: str, config: dict[str, Any], params: dict[str, Any], rule: str
) -> None:
    source = held_open(made, kind, config)
    for refused in (sample, save):
        with pytest.raises(QueryRefused) as caught:
            refused(made, source, params)
        assert caught.value.reason == rule


@pytest.mark.parametrize(("kind", "config", "params"), WITHIN)
def test_a_sample_within_it_is_the_breaker_s(
    made: Product, kind: str, config: dict[str, Any], params: dict[str, Any]
) -> None:
    source = held_open(made, kind, config)
    with pytest.raises(BreakerOpen):
        sample(made, source, params)


def test_a_cap_below_the_default_limit_is_the_default(tmp_path: Path) -> None:
    with product(tmp_path, sample_rows_max=20) as made:
        made.runtime.run(made.runtime.access.ensure_organisation("main", "main"))
        kinds = {info.name: info.placeholder for info in made.runtime.sources.kinds()}
        assert {name: kinds[name].get("limit") for name in ("postgres", "rest", "mongodb", "graphql", "s3")} == {
            "postgres": 20, "rest": 20, "mongodb": 20, "graphql": 20, "s3": 20,
        }  # fmt: skip
        source = held_open(made, "rest", SERVICE)
        for params in ({}, {"limit": 20}, kinds["rest"]):
            with pytest.raises(BreakerOpen):
                sample(made, source, dict(params))
        with pytest.raises(InvalidInput):
            sample(made, source, {"limit": 21})
