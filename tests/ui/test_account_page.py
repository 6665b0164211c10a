"""One's own account, over the real services."""

import pytest

from core.errors import Unauthenticated
from core.models import Actor, Visitor
from tests.ui.conftest import Open, texts
from tests.ui.fakes import FakeRuntime
from tests.ui.house import NEGAR, PASSWORD, House, column, press
from ui.account import agent_words

NEW = "another long password of mine"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0"


def change(house: House, old: str, new: str, again: str) -> str:
    app = house.open("account", NEGAR)
    for name, value in (("old_password", old), ("password", new), ("password_again", again)):
        app.text_input(key=f"ltr_{name}").input(value)
    app.button(key="password_go").click().run()
    assert not app.exception
    return texts(app)


@pytest.mark.parametrize(("lang", "role"), [("fa", "تحلیلگر در سازمان نمونه"), ("en", "Analyst in سازمان نمونه")])
def test_one_sees_who_one_is_and_the_rule_before_it_counts(house: House, lang: str, role: str) -> None:
    said = texts(house.open("account", NEGAR, lang=lang)).replace("\u2068", "").replace("\u2069", "")
    assert not {"!", "%"} & set(role)
    assert role in said
    assert NEGAR in said
    assert ("۱۰" if lang == "fa" else "10") in said


def test_another_password_ends_the_other_sessions_and_keeps_this_one(house: House) -> None:
    elsewhere = house.run(house.runtime.access.sign_in(NEGAR, PASSWORD))
    assert "گذرواژه عوض شد" not in change(house, PASSWORD, NEW, NEW)
    assert house.run(house.runtime.access.actor_of_session(elsewhere)) is None
    assert house.actor(NEGAR).name == NEGAR
    assert house.run(house.runtime.access.sign_in(NEGAR, NEW))
    with pytest.raises(Unauthenticated):
        house.run(house.runtime.access.sign_in(NEGAR, PASSWORD))


@pytest.mark.parametrize(
    ("old", "new", "again", "word"),
    [
        ("wrong one entirely", NEW, NEW, "گذرواژهٔ کنونی"),
        (PASSWORD, "short", "short", "گذرواژهٔ تازه"),
        (PASSWORD, NEW, NEW + " ", "یکی نیستند"),
    ],
)
def test_what_is_wrong_with_a_password_is_said_and_nothing_changes(
    house: House, old: str, new: str, again: str, word: str
) -> None:
    said = change(house, old, new, again)
    assert word in said
    assert new not in said
    assert house.run(house.runtime.access.sign_in(NEGAR, PASSWORD))


def test_a_session_elsewhere_is_ended_and_ones_own_has_no_button(house: House) -> None:
    visitor = Visitor("10.9.8.7", FIREFOX)
    elsewhere = house.run(house.runtime.access.sign_in(NEGAR, PASSWORD, visitor))
    app = house.open("account", NEGAR)
    row = column(app, "sessions", "which").index("")
    assert column(app, "sessions", "browser")[row] == "Firefox · Linux"
    assert column(app, "sessions", "address")[row] == "10.9.8.7"
    own = 1 - row
    assert column(app, "sessions", "which")[own] == "همین‌جا"
    assert column(app, "sessions", "do_end")[own] is None
    app = press(app, "sessions", "end", row)
    assert len(column(app, "sessions", "which")) == 1
    assert house.run(house.runtime.access.actor_of_session(elsewhere)) is None


def test_all_other_sessions_are_ended_after_a_question(house: House) -> None:
    others = [house.run(house.runtime.access.sign_in(NEGAR, PASSWORD)) for _ in range(2)]
    app = house.open("account", NEGAR, lang="en")
    assert app.button(key="sessions_end_others").label == "End the 2 other sessions"
    app.button(key="sessions_end_others").click().run()
    assert "at its next click" in texts(app)
    app.button(key="sessions_end_go").click().run()
    assert [house.run(house.runtime.access.actor_of_session(token)) for token in others] == [None, None]
    assert column(app, "sessions", "which") == ["This one"]


@pytest.mark.parametrize(
    ("agent", "words"),
    [(FIREFOX, "Firefox · Linux"), (EDGE, "Edge · Windows"), ("curl/8", "curl/8"), (None, "—")],
)
def test_a_browser_is_known_by_its_name(agent: str | None, words: str) -> None:
    assert agent_words(agent) == words


def test_the_menu_of_the_person_leads_to_the_account(open_page: Open, runtime: FakeRuntime) -> None:
    assert isinstance(runtime.access.actor, Actor)
    assert "حساب من" in str(open_page().main) + str(open_page().sidebar)
