"""Keys outside a bucket's prefix are refused; honest ones are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import QueryRefused
from core.i18n import LANGUAGES, translator
from core.safety.s3 import check_key
from tests.safety.s3_keys import ATTEMPTS, HONEST, PREFIX


@pytest.mark.parametrize(("rule", "key"), [(rule, key) for rule, keys in ATTEMPTS.items() for key in keys])
def test_a_key_outside_is_refused_by_its_rule(rule: str, key: str):
    with pytest.raises(QueryRefused) as caught:
        check_key(key, PREFIX, "key")
    assert (caught.value.reason, caught.value.arguments["rule"]) == (rule, rule)
    assert len(str(caught.value.arguments["part"])) <= 80
    assert [field.field for field in caught.value.fields] == ["params.key"]


@pytest.mark.parametrize("key", HONEST)
def test_an_honest_key_is_admitted(key: str):
    check_key(key, PREFIX, "key")


@pytest.mark.parametrize("rule", ATTEMPTS)
def test_a_refusal_has_its_sentence_in_every_language(rule: str):
    for lang in LANGUAGES:
        speak = translator(lang, strict=True).message
        error = QueryRefused(rule, rule=rule, part="x", prefix=PREFIX, bytes=1)
        assert speak(error.message)
        assert speak(error.advice)


@given(st.text(st.sampled_from("./\\safe%2 "), max_size=20))
def test_whatever_passes_stays_below_when_a_server_takes_it_for_a_path(key: str):
    try:
        check_key(key, PREFIX, "key")
    except QueryRefused:
        return
    assert key.startswith(PREFIX)
    depth = 0
    for segment in key.split("/"):
        depth += -1 if segment == ".." else 1
        assert depth > 0
