"""What others wrote, without secrets."""

import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.redaction import MASK, SCRUBBED_MAX, TEXT_MAX, mask, scrub

# A secret made of the mask itself could not be told from a masked one.
SECRETS = st.text(st.characters(codec=None, blacklist_characters=MASK), min_size=4, max_size=20)
FORMS: list[Callable[[str], str]] = [
    str,
    quote,
    quote_plus,
    lambda s: quote(s, safe=""),
    lambda s: re.sub("%..", lambda found: found[0].lower(), quote(s)),
    lambda s: "".join(f"%{b:02X}" for b in s.encode()),
    lambda s: repr(s)[1:-1],
    lambda s: s.replace("\\", "\\\\").replace("'", "\\'"),
]


@given(st.lists(SECRETS, min_size=1, max_size=3), st.lists(st.text() | st.integers(0, 2), max_size=8))
def test_no_secret_survives(secrets: list[str], parts: list[str | int]) -> None:
    text = "".join(part if isinstance(part, str) else secrets[part % len(secrets)] for part in parts)
    answer = scrub(text, secrets)
    assert len(answer) <= TEXT_MAX
    assert not any(secret in answer for secret in secrets)


@given(
    st.text(min_size=4, max_size=20).filter(lambda s: s.isprintable() and not set("•<>") & set(s)),
    st.sampled_from(FORMS),
)
def test_no_encoded_secret_survives(secret: str, form: Callable[[str], str]) -> None:
    assert mask(f"<{form(secret)}>", [secret]) == f"<{MASK}>"


HOSTILE = ["://a:", "password='", "%25", "\\\\", "://a:b@", "+", "a"]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_text_that_is_made_to_take_long_does_not(piece: str) -> None:
    """Searched in one go, several of these would hold the process up for hours."""
    assert len(scrub(piece * 1_000_000, ["hunter2-and-more"])) <= TEXT_MAX


@pytest.mark.parametrize("form", FORMS)
def test_of_a_secret_that_is_cut_off_nothing_is_shown(form: Callable[[str], str]) -> None:
    secret = "Zq7%&\\'ü-Zq7%&\\'ü"
    for before in range(0, 40, 3):
        answer = scrub("." * before + form(secret) * 500, [secret])
        assert set(answer) <= {".", *MASK}


def test_of_a_long_text_the_beginning_is_shown() -> None:
    said = "a password=hunter2 b " + "c " * SCRUBBED_MAX
    assert scrub(said, ["hunter2-and-more"]) == f"a password={MASK} b {'c ' * TEXT_MAX}"[:TEXT_MAX]


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("postgresql://ann:hunter2@db/x", "postgresql://ann:•••@db/x"),
        ("postgresql://ann:hun@t/er2@db/x?y=1 failed", "postgresql://ann:•••@db/x?y=1 failed"),
        ("postgresql://:hunter2@db", "postgresql://:•••@db"),
        ("postgresql://ann@db:5432/x", "postgresql://ann@db:5432/x"),
        ("host=db password=hunter2 user=ann", "host=db password=••• user=ann"),
        ("password = 'hun\\'ter 2' user=ann", "password = ••• user=ann"),
        ("password='hunter 2", "password=•••"),
        ("PGPASSWORD=hunter2 psql", "PGPASSWORD=••• psql"),
        ('{"password": "hun\\"ter 2", "a": 1}', '{"password": •••, "a": 1}'),
        ("Password: hunter2", "Password: •••"),
        ("sslpassword=a,b;c", "sslpassword=•••"),
        ('password authentication failed for user "ann"', 'password authentication failed for user "ann"'),
        ("رمز عبور نادرست است", "رمز عبور نادرست است"),
    ],
)
def test_passwords_are_found_where_they_are_written(text: str, scrubbed: str) -> None:
    assert scrub(text) == scrubbed


def test_a_secret_that_is_part_of_another_leaves_nothing_of_it() -> None:
    assert scrub("say hunter22 and hunter", ["hunter", "hunter22"]) == "say ••• and •••"


def test_a_short_secret_does_not_blot_out_words() -> None:
    assert scrub("a cat sat", ["cat"]) == "a cat sat"


def test_a_secret_at_the_cut_is_masked_first() -> None:
    answer = scrub("x" * (TEXT_MAX - 4) + "hunter22", ["hunter22"])
    assert answer == "x" * (TEXT_MAX - 4) + MASK


def test_long_text_is_cut() -> None:
    assert scrub("x" * 10_000) == "x" * TEXT_MAX
    assert mask("x" * 10_000) == "x" * 10_000
