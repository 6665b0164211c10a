"""Known secrets, however somebody wrote them, and what is a secret by its looks."""

import base64
import itertools
import json
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.redaction import MASK, Masker, Secrets, mask
from core.secret_search import SecretSearch

SECRET = 'Zq7+"w/%\\ 5é😀'
ONCE: dict[str, Callable[[str], str]] = {
    "clear": str,
    "percent": lambda text: quote(text, safe=""),
    "form": quote_plus,
    "json": lambda text: json.dumps(text)[1:-1],
    "json in unicode": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "repr": lambda text: repr(text)[1:-1],
    "bytes": lambda text: repr(text.encode())[2:-1],
    "ascii": lambda text: ascii(text)[1:-1],
    "every letter": lambda text: re.sub("....", r"\\u\g<0>", text.encode("utf-16-be").hex()),
}


@pytest.mark.parametrize("inner", ONCE)
@pytest.mark.parametrize("outer", ONCE)
def test_a_secret_is_found_in_one_writing_inside_another(inner: str, outer: str) -> None:
    text = f"<{ONCE[outer](ONCE[inner](SECRET))}>"
    assert mask(text, [SECRET]) == f"<{MASK}>"
    masker = Masker([SECRET])
    assert masker([text, "<>"]) == [f"<{MASK}>", "<>"]
    assert masker.finds([text])


@pytest.mark.parametrize("secret", ["رمزعبور۱۲۳", "line\nend\ttab", "naïve-pass"])
@pytest.mark.parametrize("written", ONCE)
def test_an_answer_is_masked_however_it_writes_the_secret(secret: str, written: str) -> None:
    text = ONCE[written](secret)
    assert Masker([secret])({"a": [text, ONCE["percent"](text)]}) == {"a": [MASK, MASK]}
    assert not Masker([secret]).finds([ONCE[written](f"{secret[:-1]}%\\")])


@pytest.mark.parametrize("before", ["", "u:", "us:", "user:"])
@pytest.mark.parametrize("behind", ["", "!", "!!"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_in_base64_the_whole_word_goes(before: str, behind: str, encode: Callable[[bytes], bytes]) -> None:
    word = encode(f"{before}{SECRET}{behind}".encode()).decode()
    assert mask(f"Basic {word}, {quote(word)}", [SECRET]) == f"Basic {MASK}, {MASK}"
    assert Masker([SECRET])({word: [word]}) == {MASK: [MASK]}


@given(st.lists(st.text(min_size=4, max_size=9), max_size=20), st.text(max_size=60))
def test_spans_are_in_order_and_apart(secrets: list[str], text: str) -> None:
    spans = SecretSearch(secrets).spans(text)
    assert all(start < end for start, end in spans)
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))


@given(st.text())
def test_without_a_secret_nothing_is_found(text: str) -> None:
    assert SecretSearch(["Zq7-never-there"]).spans(text) == []


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Authorization: Token abc def", f"Authorization: {MASK}"),
        ("{'Authorization': 'Basic dTpw'}", f"{{'Authorization': '{MASK}'}}"),
        ("sent Bearer abc.def-1234", f"sent Bearer {MASK}"),
        ("the bearer authentication is needed", "the bearer authentication is needed"),
        ("token chsh_0123456789abcdef is", f"token chsh_{MASK} is"),
        ("GET /session/setup?code=abcd&lang=fa", f"GET /session/setup?code={MASK}&lang=fa"),
        ("https://s3/x?X-Amz-Signature=12ab&X-Amz-Date=1", f"https://s3/x?X-Amz-Signature={MASK}&X-Amz-Date=1"),
        ("Cookie: cheshmeh_session=abc; x=1", f"Cookie: {MASK}"),
        ("cheshmeh_session=abc; x=1", f"cheshmeh_session={MASK}; x=1"),
        ("client_secret=abcdefg and", f"client_secret={MASK} and"),
        ("--aws_secret_access_key=wJalrXUtnFEMI/K7 and", f"--aws_secret_access_key={MASK} and"),
        ("-aws_key=abcdef", f"-aws_key={MASK}"),
        ("key AKIAIOSFODNN7EXAMPLE of", f"key {MASK} of"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA", f"-----BEGIN RSA PRIVATE KEY-----{MASK}-----END RSA"),
        ("-----BEGIN PRIVATE KEY-----\\nabc", f"-----BEGIN PRIVATE KEY-----{MASK}"),
        ("session 3xAmPle_oF-43_LeTters_that_are_all_rand0m12 ended", f"session {MASK} ended"),
        ("postgresql://u:pw@h/d", f"postgresql://u:{MASK}@h/d"),
        ("/orgs/acme/datasources/4f0c9f6e-5c1b-4a52-9a6e-1a2b3c4d5e6f", None),
        ("sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", None),
        ("a_name_in_small_letters_that_has_43_letters_1", None),
        ("2026-11-27T05:53:27.525678Z [error] check_failed error=Unreachable", None),
    ],
)
def test_what_looks_like_a_secret_is_one_in_a_log(text: str, masked: str | None) -> None:
    assert Secrets().masked(text) == (text if masked is None else masked)


def test_the_oldest_secrets_are_forgotten_and_told_ones_are_young_again() -> None:
    known = Secrets(most=10)
    known.know(*(f"word-{number}" for number in range(10)))
    known.know("word-0", "word-10")
    assert [known.masked(f"word-{number}") for number in (0, 1, 2, 10)] == [MASK, "word-1", "word-2", MASK]


def test_what_is_short_is_not_known() -> None:
    known = Secrets()
    known.know("cat", "", "cats")
    assert known.masked("a cat and cats") == f"a cat and {MASK}"


@pytest.mark.parametrize(
    "word",
    [
        "a-",
        "secret",
        "token-",
        "aws_key",
        "-aws_",
        "x_api_key",
        "bearer ",
        "&a.b",
        "?code=",
        "A_b-",
        "cookie",
        "://:",
        "a:b@",
    ],
)
def test_a_text_of_whatever_words_is_searched_to_its_end(word: str):
    """Where a pattern tried every beginning with every end, this would take hours."""
    assert len(Secrets().masked(word * 100_000)) > 0
