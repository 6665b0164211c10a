"""Which passwords are refused, and that each refusal says why."""

import pytest

from core.access.password_rules import LENGTH_MAX, LENGTH_MIN, _common, check_password
from core.errors import InvalidInput


def refusal(password: str, username: str = "mina") -> str:
    with pytest.raises(InvalidInput) as refused:
        check_password(password, username)
    [field] = refused.value.fields
    assert field.field == "password"
    return field.message.key


@pytest.mark.parametrize("password", ["", "short", "گذرواژه", "z7" * (LENGTH_MAX // 2) + "!"])
def test_length_comes_first(password: str) -> None:
    assert refusal(password) == "field.password_length"


@pytest.mark.parametrize(
    "password", ["aaaaaaaaaa", "aAaAaAaAaA", "ababababab", "۱۱۱۱۱۱۱۱۱۱", "          ", "1212121212"]
)
def test_one_or_two_characters_repeated_are_refused(password: str) -> None:
    assert refusal(password) == "field.password_repeats"


@pytest.mark.parametrize(
    ("password", "username"),
    [
        *(("maryam ahmadi", "Maryam Ahmadi"), ("MARYAMahmadi", "maryam ahmadi"), ("zarrintaj!1402", "zarrintaj")),
        *(("mina.mina.mina", "mina"), ("cheshmeh1402", "x"), ("Cheshmeh-2026!", "x"), ("چشمه‌چشمه۱۴۰۵", "x")),
    ],
)
def test_the_name_of_the_person_or_the_program_is_refused(password: str, username: str) -> None:
    assert refusal(password, username) == "field.password_name"


@pytest.mark.parametrize(
    "password", ["password123", "Password123", "1234567890", "qwertyuiop", "1q2w3e4r5t", "password1234!", "superman!!"]
)
def test_what_guessing_starts_with_is_refused(password: str) -> None:
    assert refusal(password) == "field.password_common"


@pytest.mark.parametrize(
    "password",
    [
        *("correct horse", "correct horse battery", "battery staple", "گذرواژه‌ی من", "سه درخت و یک رود"),
        *("superman flies over tehran", "k3Vq9-xw2Lp", "\ud800 lone surrogate", "dragon48210377"),
    ],
)
def test_other_passwords_are_taken(password: str) -> None:
    check_password(password, "mina")


def test_a_short_name_inside_a_long_password_does_no_harm() -> None:
    check_password("a tall tree by the river", "a")


def test_the_list_holds_enough_of_the_length_that_is_asked_for() -> None:
    assert sum(len(password) >= LENGTH_MIN for password in _common()) == 20_000
    assert all(password == password.casefold() and password.strip() == password for password in _common())
