"""JSON as sources send it: exact, bounded, and read as far as it came."""

import json
import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.connectors.json_path import check_path, is_path, records_at
from core.connectors.json_text import parse, parse_cut, records_in, text_of
from core.errors import BadAnswer, InvalidInput, LimitExceeded
from tests.connectors.conformance import assert_presentable

RECORDS = [{"id": n, "name": f"شهر {n}", "tags": ["الف", "ب"], "at": {"x": n / 4}} for n in range(30)]


def bad(data: bytes, **how: Any) -> str:
    with pytest.raises(BadAnswer) as caught:
        parse(data, **how)
    assert_presentable(caught.value)
    return caught.value.reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"<!doctype html><p>Sign in", "not_json"),
        (b"hello", "not_json"),
        (bytes(range(128, 256)), "not_json"),
        (b"[1,]", "not_json"),
        (b'[{"a":1},{"b":}]', "not_json"),
        (b"[1] [2]", "not_json"),
        (b"{'a':1}", "not_json"),
        (b"[1,2", "truncated"),
        (b'{"a":"b', "truncated"),
        (b'{"a":"\\u06', "truncated"),
        (b"[tru", "truncated"),
        (b"[1,2.", "truncated"),
        (b"[-", "truncated"),
        (b'{"a"', "truncated"),
        (b'{"a":', "truncated"),
    ],
)
def test_what_is_no_json_is_named(data: bytes, reason: str):
    assert bad(data) == reason


def test_what_was_sent_instead_of_json_is_named():
    with pytest.raises(BadAnswer) as caught:
        parse(b"<html>", content_type="Text/HTML; charset=utf-8")
    assert caught.value.arguments == {"content_type": "text/html"}
    with pytest.raises(BadAnswer) as caught:
        parse(b"<html>", content_type="application/json")
    assert caught.value.arguments == {"content_type": "HTML"}


@pytest.mark.parametrize("data", [b"[" * 10_000, b"[" * 10_000 + b"]" * 10_000, b'{"a":' * 10_000, b"[{}," * 201])
def test_depth_is_bounded_without_a_recursion_error(data: bytes):
    assert bad(data) == "depth"
    with pytest.raises(BadAnswer):
        parse_cut(data.decode())


def test_brackets_in_text_and_many_shallow_lists_are_not_depth():
    assert parse(json.dumps(["[" * 500, '"{\\' * 500]).encode()) == ["[" * 500, '"{\\' * 500]
    assert len(parse(b"[" + b"[],{}," * 5000 + b"1]")) == 10_001
    assert parse(b"[" * 199 + b"]" * 199)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12345678901234567890123", 12345678901234567890123),
        ("-0.1", -0.1),
        ("1.10", 1.1),
        ("123456.789", 123456.789),
        ("1e3", 1000.0),
        ("0.1234567890123456789", Decimal("0.1234567890123456789")),
        ("12345678901234567.5", Decimal("12345678901234567.5")),
        ("1e400", Decimal("1e400")),
        ("9" * 5000, Decimal("9" * 5000)),
        ("1e9999999999999999999", math.inf),
    ],
)
def test_numbers_are_exact(text: str, number: Any):
    found = parse(f"[{text}]".encode())[0]
    assert (type(found), found) == (type(number), number)


def test_numbers_that_are_none_are_taken():
    found = parse(b"[NaN, Infinity, -Infinity]")
    assert math.isnan(found[0])
    assert found[1:] == [math.inf, -math.inf]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-32-be"])
def test_encodings_are_known_without_being_told(encoding: str):
    assert parse('{"نام": "تهران"}'.encode(encoding)) == {"نام": "تهران"}


def test_a_charset_is_believed_where_it_is_one_for_text():
    assert parse('["شهر"]'.encode("cp1256"), "windows-1256") == ["شهر"]
    assert parse('["شهر"]'.encode(), "punycode") == ["شهر"]
    assert parse('["شهر"]'.encode(), "no-such") == ["شهر"]
    assert parse('["شهر"]'.encode("utf-16"), "utf-8") == ["شهر"]
    assert text_of(b'["caf\xe9"]') == '["caf\ufffd"]'


def test_lone_surrogates_and_repeated_names_are_left_as_they_come():
    assert parse(b'{"a": 1, "a": "\\ud800"}') == {"a": "\ud800"}


@given(st.integers(0, len(json.dumps({"count": 30, "items": RECORDS})) - 1))
def test_of_a_document_that_was_cut_the_whole_records_are_read(length: int):
    document, whole = parse_cut(json.dumps({"count": 30, "items": RECORDS})[:length])
    records = records_in(document, "$.items") if document else []
    assert not whole
    assert records[1:] == RECORDS[1 : len(records)]
    assert len(records) >= length // 120 - 2


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ('[{"a":1},{"a":2},{"a":', [{"a": 1}, {"a": 2}]),
        ('[{"a":1},{"a":"x', [{"a": 1}]),
        ('{"count":2,"items":[{"a":1},{"b":[1,2', {"count": 2, "items": [{"a": 1}]}),
        ('{"data":{"x":{"edges":[[1,2],[3', {"data": {"x": {"edges": [[1, 2]]}}}),
        ("[12,34", [12]),
        ("[1, 2.", [1]),
        ("[1, -", [1]),
        ("[true, fal", [True]),
        ('[{"only": [1, 2, 3', [{"only": [1, 2]}]),
        ('{"a": "b', {}),
        ('{"a', {}),
        ("", None),
    ],
)
def test_the_record_that_broke_off_is_left_out_unless_it_is_the_only_one(text: str, document: Any):
    assert parse_cut(text) == (document, False)


def test_a_document_that_was_there_in_whole_says_so():
    assert parse_cut('[{"a": 1}] ') == ([{"a": 1}], True)


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("[1, 2, 3, 4]", [1, 2]),
        ("[1, 2, 3, nothing that is read", [1, 2]),
        ("[1]", [1]),
        ('{"a": [1, 2, 3], "b": {"c": [1, 2, 3]}, "d": []} ', {"a": [1, 2], "b": {"c": [1, 2, 3]}, "d": []}),
        ("[]", []),
        ("{}", {}),
        (' { "a" : [ ] , "b" : "x" } ', {"a": [], "b": "x"}),
        ("7", 7),
    ],
)
def test_no_more_elements_are_kept_than_are_wanted(text: str, document: Any):
    assert parse_cut(text, keep=2) == (document, True)


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=5) | st.floats(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
        max_leaves=20,
    )
)
def test_a_whole_document_is_read_as_any_other_reader_does(document: Any):
    for text in (json.dumps(document), json.dumps(document, indent=1, ensure_ascii=False)):
        found, _ = parse_cut(text)
        assert repr(found) == repr(parse(text.encode("utf-8", "surrogatepass"))) == repr(document)


@pytest.mark.parametrize(
    "text", ["<html", "[1, x", '{"a" 1', '[{"a":1},{"a" 2', "[1] [", "{]", "[1 2]", "{1: 2}", '{"a": 1,}']
)
def test_no_beginning_of_a_document_is_refused(text: str):
    with pytest.raises(BadAnswer) as caught:
        parse_cut(text)
    assert caught.value.reason == "not_json"


@pytest.mark.parametrize(
    ("document", "records"),
    [
        ([1, {"a": 2}], [1, {"a": 2}]),
        ({"count": 2, "items": [{"a": 1}]}, [{"a": 1}]),
        ({"tags": ["x"], "items": [{"a": 1}], "none": []}, [{"a": 1}]),
        ({"one": [{"a": 1}], "two": [{"b": 1}]}, [{"one": [{"a": 1}], "two": [{"b": 1}]}]),
        ({"a": 1}, [{"a": 1}]),
        ("text", ["text"]),
        (None, []),
        ([], []),
    ],
)
def test_without_a_path_the_rule_of_rest_finds_the_records(document: Any, records: list[Any]):
    assert records_in(document) == records


@pytest.mark.parametrize(
    ("document", "records"),
    [
        ({"data": {"a": {"list": [3]}, "list": [1, 2]}}, [1, 2]),
        ({"data": {"a": {"b": {"c": [1]}}, "d": {"e": [2]}}}, [2]),
        ({"data": {"a": 1}}, [{"a": 1}]),
        ({"data": None}, []),
        ({"errors": [1]}, []),
    ],
)
def test_below_a_root_the_first_list_breadth_first_holds_the_records(document: Any, records: list[Any]):
    assert records_in(document, root="data") == records


def test_a_path_starts_at_the_root():
    assert records_in({"data": {"x": {"nodes": [1, 2]}}}, "$.x.nodes", root="data") == [1, 2]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", RECORDS),
        ("$[*]", RECORDS),
        ("$[0]", [RECORDS[0]]),
        ("$[0].tags", ["الف", "ب"]),
        ("$[:2].id", [0, 1]),
        ("$[?@.id > 27].name", ["شهر 28", "شهر 29"]),
        ("$[?@.tags[?@ == 'ب'] && @.id < 2]['id']", [0, 1]),
        ("$..x", [n / 4 for n in range(30)]),
        ("$.nothing", []),
    ],
)
def test_a_path_leads_to_the_elements_of_a_list_or_to_several_places(path: str, found: list[Any]):
    assert records_at(RECORDS, path) == found


@pytest.mark.parametrize("path", ["", "items", "$.", "$[", "$..", "$[?@.a", "$[?match(@.a, 'x')]", "$." + "a" * 300])
def test_what_is_no_path_is_named(path: str):
    assert not is_path(path)
    with pytest.raises(InvalidInput) as caught:
        check_path(path)
    assert_presentable(caught.value)
    assert [field.field for field in caught.value.fields] == ["params.records_path"]


@pytest.mark.parametrize("path", ["$" + "[?@" * 60, "$[?" + "(" * 190, "$[?" + "!" * 190, "$" + "[" * 199])
def test_a_path_of_brackets_is_refused_without_a_recursion_error(path: str):
    assert not is_path(path)


@pytest.mark.parametrize(
    "path", ["$..*..*..*..nope", "$[?count($..*) > 1]", "$[?$..[?@.id == 5]]", "$" + "[*,*,*,*]" * 9]
)
def test_a_path_that_takes_too_long_is_given_up(path: str):
    with pytest.raises(LimitExceeded) as caught:
        records_at(RECORDS * 300, path, 0.1)
    assert_presentable(caught.value)


def test_a_filter_that_takes_too_long_over_plain_values_is_given_up():
    with pytest.raises(LimitExceeded):
        records_at([1] * 100_000, "$[?" + "@==1&&" * 25 + "@==2]", 0.05)


def test_a_document_as_deep_as_may_be_is_searched():
    assert records_at(parse(b'{"a":' * 199 + b"1" + b"}" * 199), "$..nope") == []


@given(
    st.lists(st.one_of(st.integers(), st.text(), st.booleans(), st.none(), st.floats(allow_nan=False))),
    st.integers(0, 200),
)
def test_plain_elements_are_read_alike_wherever_the_text_ends(items: list[object], cut: int):
    text = json.dumps(items)[: max(1, cut)]
    found, whole = parse_cut(text)
    assert found == json.loads(json.dumps(items))[: len(found)]
    assert whole == (text == json.dumps(items))
