"""Where records may be, when the default rule does not find them."""

from typing import Any

import pytest

from core.connectors.json_path import is_path, records_at
from core.connectors.json_text import VALUES_MAX, bounded, parse_cut, records_in
from core.connectors.record_paths import proposal
from core.i18n import LANGUAGES, translator
from tests.connectors.rest_source import Peer, answer, opened

RECORDS = [{"id": 1}, {"id": 2}]


def proposed(document: Any) -> list[str]:
    return [str(note.args["paths"]) for note in proposal(document, records_in(document))]


@pytest.mark.parametrize(
    ("document", "paths"),
    [
        ({"data": {"items": RECORDS}}, ["$.data.items"]),
        ({"a": RECORDS, "b": RECORDS, "c": {"d": RECORDS}}, ["$.a · $.b · $.c.d"]),
        ({"پاسخ": {"شهرها": RECORDS}}, ["$.پاسخ.شهرها"]),
        ({"the data": {"it's": RECORDS}}, ["$['the data']['it\\'s']"]),
        ({"items": RECORDS, "page": {"total": 2}}, []),
        (RECORDS, []),
        ({"numbers": [1, 2], "none": []}, []),
        ("text", []),
    ],
)
def test_lists_of_objects_are_proposed_where_none_is_shown(document: Any, paths: list[str]):
    assert proposed(document) == paths


def test_what_is_proposed_is_a_path_to_the_records():
    document = {"the data": {"it's": RECORDS, "پاسخ": {"b": RECORDS}}}
    for path in proposed(document)[0].split(" · "):
        assert is_path(path)
        assert records_at(document, path) == RECORDS


def test_a_secret_in_a_name_is_not_proposed():
    document = {"s3cr3t-value": {"items": RECORDS}}
    assert proposal(document, [document], ("s3cr3t-value",)) == ()


@pytest.mark.anyio
async def test_rest_proposes_a_path_that_then_works():
    body = b'{"data": {"items": [{"id": 1}, {"id": 2}]}, "ok": true}'
    peer = Peer([answer(body)])
    import asyncio

    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        async with opened(peer.url) as service:
            notes = (await service.sample({"path": "/"})).notes
            sample = await service.sample({"path": "/", "records_path": str(notes[0].args["paths"])})
    finally:
        server.close()
    assert [note.key for note in notes] == ["note.records_path"]
    assert (sample.rows, sample.notes) == (((1,), (2,)), ())
    assert all("$.data.items" in translator(lang).message(notes[0]) for lang in LANGUAGES)


def test_a_document_of_too_many_values_is_read_as_far_as_it_goes():
    text, fits = bounded('{"a": {"b": [' + "{}," * 400_000 + "{}]}}")
    assert not fits
    found, whole = parse_cut(text)
    assert not whole
    assert VALUES_MAX / 3 < len(found["a"]["b"]) <= VALUES_MAX


def test_an_ordinary_document_is_left_alone():
    text = '{"a": [1, 2, 3]}'
    assert bounded(text) == (text, True)
