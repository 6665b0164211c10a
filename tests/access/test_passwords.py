"""Argon2id: what is accepted, and that nothing tells which names exist."""

import unicodedata

import pytest

from core.access.password_rules import LENGTH_MAX
from core.access.passwords import Passwords
from core.errors import InvalidInput

pytestmark = pytest.mark.anyio


class CountingHasher:
    """Notes which hashes it was asked to verify."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def hash(self, password: str | bytes) -> str:
        return f"hash of {password.decode() if isinstance(password, bytes) else password}"

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002 - the library's name
        self.asked.append(str(hash))
        return hash == self.hash(password)


@pytest.fixture
def passwords() -> Passwords:
    return Passwords()


async def test_the_right_password_matches_and_no_other(passwords: Passwords) -> None:
    hashed = await passwords.hash("correct horse")
    assert hashed.startswith("$argon2id$")
    assert await passwords.matches("correct horse", hashed)
    assert not await passwords.matches("correct horsf", hashed)
    assert not await passwords.matches("", hashed)


async def test_two_hashes_of_one_password_differ(passwords: Passwords) -> None:
    assert await passwords.hash("correct horse") != await passwords.hash("correct horse")


LONGEST = "every other word " * 60 + "wind"
assert len(LONGEST) == LENGTH_MAX


async def test_a_password_that_the_rules_refuse_is_not_hashed(passwords: Passwords) -> None:
    for password in ("short", LONGEST + "y", "password123", "mina mina mina"):
        with pytest.raises(InvalidInput):
            await passwords.hash(password, "mina")


@pytest.mark.parametrize("password", [LONGEST, "گذرواژه‌ی من", "\ud800 lone surrogate"])
async def test_any_text_of_a_right_length_is_a_password(passwords: Passwords, password: str) -> None:
    assert await passwords.matches(password, await passwords.hash(password))


async def test_composed_and_decomposed_letters_are_one(passwords: Passwords) -> None:
    hashed = await passwords.hash(unicodedata.normalize("NFC", "crème brûlée"))
    assert await passwords.matches(unicodedata.normalize("NFD", "crème brûlée"), hashed)


async def test_a_longer_password_does_not_match_by_its_beginning(passwords: Passwords) -> None:
    hashed = await passwords.hash(LONGEST)
    assert not await passwords.matches(LONGEST + "y", hashed)


@pytest.mark.parametrize("password_hash", ["", "rubbish", "$argon2id$v=19$m=65536"])
async def test_a_hash_that_is_none_matches_nothing(passwords: Passwords, password_hash: str) -> None:
    assert not await passwords.matches("correct horse", password_hash)


async def test_an_unknown_name_costs_one_verification_like_a_known_one() -> None:
    hasher = CountingHasher()
    passwords = Passwords(hasher)
    assert not await passwords.matches("guess", None)
    assert not await passwords.matches("guess", hasher.hash("another"))
    assert [asked.startswith("hash of ") for asked in hasher.asked] == [True, True]
    assert not await passwords.matches("nobody's password", None)
