"""What a MongoDB sample may ask: attempts to do more than read, at every depth, and honest requests."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import QueryRefused
from core.i18n import LANGUAGES, translator
from core.safety import mongo
from tests.safety.mongo_requests import FILTERS, HONEST_FILTERS, HONEST_PIPELINES, HONEST_SORTS, PIPELINES

JS = {"body": "function() { return 1 }", "args": [], "lang": "js"}


def refusal(check: Any, *args: Any, **named: Any) -> QueryRefused:
    with pytest.raises(QueryRefused) as caught:
        check(*args, **named)
    for lang in LANGUAGES:
        speak = translator(lang, strict=True).message
        assert speak(caught.value.message)
        assert all(speak(field.message) for field in caught.value.fields)
    return caught.value


@pytest.mark.parametrize(("pipeline", "rule", "part"), PIPELINES)
def test_a_pipeline_that_does_more_than_read_is_refused(pipeline: Any, rule: str, part: str):
    error = refusal(mongo.check_pipeline, pipeline)
    assert (error.arguments["rule"], error.arguments["part"]) == (rule, part)
    assert [field.field for field in error.fields] == ["params.pipeline"]


@pytest.mark.parametrize(("document", "rule", "part"), FILTERS)
def test_a_filter_that_does_more_than_compare_is_refused(document: Any, rule: str, part: str):
    error = refusal(mongo.check_document, document, field="params.filter")
    assert (error.arguments["rule"], error.arguments["part"]) == (rule, part)
    assert [field.field for field in error.fields] == ["params.filter"]


@pytest.mark.parametrize("document", HONEST_FILTERS)
def test_an_honest_filter_passes(document: Any):
    mongo.check_document(document, field="params.filter")


@pytest.mark.parametrize("document", HONEST_SORTS)
def test_an_honest_sort_passes(document: Any):
    mongo.check_document(document, field="params.sort")


@pytest.mark.parametrize("document", [{"$natural": {"$where": "1"}}, {"$natural": 2}, {"a": {"$natural": 1}}])
def test_the_natural_order_is_all_that_a_sort_may_say_of_it(document: Any):
    assert refusal(mongo.check_document, document, field="params.sort").arguments["part"] == "$natural"


@pytest.mark.parametrize("pipeline", HONEST_PIPELINES)
def test_an_honest_pipeline_passes(pipeline: Any):
    mongo.check_pipeline(pipeline)


@pytest.mark.parametrize("name", ["system.users", "system.js", "system", "x.system.buckets", "config.system.sessions"])
def test_collections_of_the_server_are_refused(name: str):
    assert refusal(mongo.check_collection, name).arguments["part"] == name


@pytest.mark.parametrize("name", ["", "$cmd", "a$b", "a\0b", None, 7, {"db": "admin", "coll": "system.users"}])
def test_what_is_no_collection_is_refused(name: Any):
    assert refusal(mongo.check_collection, name).reason == "collection_name"


@pytest.mark.parametrize("name", ["orders", "fs.files", "systems", "my.systematic", "سفارش‌ها", "a b"])
def test_other_names_are_collections(name: str):
    mongo.check_collection(name)


def nested(levels: int) -> Any:
    document: Any = {"a": 1}
    for _ in range(levels):
        document = {"$and": [document]}
    return document


def test_what_is_nested_too_deeply_is_refused():
    mongo.check_document(nested(15), field="params.filter")
    for levels in (30, 300, 100_000):
        assert refusal(mongo.check_document, nested(levels), field="params.filter").reason == "too_deep"


def test_what_is_too_long_is_refused():
    assert refusal(mongo.check_document, {"a": "x" * mongo.BYTES_MAX}, field="params.filter").reason == "too_long"


WRAPPERS = (
    lambda stage: [{"$facet": {"a": [stage]}}],
    lambda stage: [{"$lookup": {"from": "c", "as": "x", "pipeline": [stage]}}],
    lambda stage: [{"$unionWith": {"coll": "c", "pipeline": [stage]}}],
    lambda stage: [{"$match": {}}, stage],
)
FORBIDDEN = st.sampled_from(
    [
        {"$out": "x"},
        {"$merge": {"into": "x"}},
        {"$match": {"$where": "1"}},
        {"$project": {"a": {"$function": JS}}},
        {"$currentOp": {}},
        {"$lookup": {"from": "system.users", "as": "x", "localField": "a", "foreignField": "b"}},
    ]
)


@given(FORBIDDEN, st.lists(st.sampled_from(WRAPPERS), max_size=8))
def test_no_depth_hides_what_is_forbidden(stage: Any, wrappers: list[Any]):
    pipeline = [stage]
    for wrap in wrappers:
        pipeline = wrap(pipeline[-1])
    with pytest.raises(QueryRefused):
        mongo.check_pipeline(pipeline)


@pytest.mark.parametrize("stage", ["$lookup", "$unionWith"])
def test_no_stage_looks_into_another_database(stage: str):
    body = {"from": "x", "as": "y", "db": "admin"} if stage == "$lookup" else {"coll": "x", "db": "admin"}
    with pytest.raises(QueryRefused):
        mongo.check_pipeline([{stage: body}])
