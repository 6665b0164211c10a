"""The trail on the administrators' page: narrowed, paged, readable, and taken along."""

from datetime import UTC, datetime

import pytest

from core.errors import Forbidden, Unauthenticated
from core.i18n import translator
from core.i18n.actors import actor_words
from core.models import AuditLine, Role, SourceDraft
from tests.ui.conftest import Back, texts
from tests.ui.house import ADDRESS, MARYAM, NEGAR, ORG, SERVER, House
from ui import state
from ui.admin import audit, trail
from ui.changes import value_words

NOW = datetime(2026, 11, 22, 6, 11, tzinfo=UTC)
SECRET = "Zq7-never-shown"


def changed(house: House, times: int = 1) -> None:
    """A source that is made and then edited so many times."""
    draft = SourceDraft("fake", "انبار", {"host": "there", "password": SECRET})
    source = house.run(house.runtime.sources.create(house.actor(), ORG, draft))
    for n in range(times):
        house.run(house.runtime.sources.update(house.actor(), ORG, source.id, {"description": f"no {n}"}))


def rows(said: str) -> int:
    return said.count("<time ")


def test_a_line_says_who_when_where_what_and_from_what_to_what(house: House) -> None:
    changed(house)
    actor = house.actor()
    source = house.run(house.runtime.sources.list(actor, ORG)).items[0]
    patch = {"name": "<b>تازه</b>", "config": {"password": SECRET + "2"}}
    house.run(house.runtime.sources.update(actor, ORG, source.id, patch))
    said = texts(house.open("admin", tab="audit"))
    assert "منبع ویرایش شد" in said
    assert f"<bdi>{MARYAM}</bdi>" in said
    assert "<span class='old'><bdi>انبار</bdi></span>" in said
    assert "<span class='new'><bdi>&lt;b&gt;تازه&lt;/b&gt;</bdi></span>" in said
    assert "••• (مقدار محرمانهٔ تازه)" in said
    assert SECRET not in said


def test_a_page_holds_fifty_and_leads_on(house: House) -> None:
    changed(house, 60)
    app = house.open("admin", tab="audit")
    assert rows(texts(app)) == audit.PAGE
    assert app.button(key="trail_newer").disabled
    app.button(key="trail_older").click().run()
    older = texts(app)
    assert "no 59" not in older
    assert 0 < rows(older) < audit.PAGE
    assert app.button(key="trail_older").disabled
    app.button(key="trail_newer").click().run()
    assert "no 59" in texts(app)


def test_another_filter_begins_anew(house: House) -> None:
    changed(house, 60)
    app = house.open("admin", tab="audit", lang="en")
    app.button(key="trail_older").click().run()
    app.selectbox(key="trail_action_en").select("source.create").run()
    said = texts(app)
    assert rows(said) == 1
    assert "Created" in said or "created" in said
    app.selectbox(key="trail_person_en").select("command line").run()
    assert "Nothing here" in texts(app)


def test_the_installations_own_lines_are_the_server_administrators(house: House) -> None:
    app = house.open("admin", SERVER, tab="audit", lang="en")
    assert "class='trail'" in texts(app)
    assert "<bdi>سرور</bdi>" in texts(app)
    assert state.in_words("trail_whose", "en") not in {each.key for each in app.button_group}
    with pytest.raises(Forbidden):
        house.run(house.runtime.audit.lines(house.actor(), None))


@pytest.mark.parametrize(
    ("lang", "name", "since", "until"),
    [
        ("fa", "today", "2026-11-22T00:00+03:30", None),
        ("fa", "7d", "2026-11-15T06:11+00:00", None),
        ("fa", "month", "2026-11-22T00:00+03:30", None),
        ("fa", "last_month", "2026-10-23T00:00+03:30", "2026-11-22T00:00+03:30"),
        ("fa", "year", "2026-03-21T00:00+03:30", None),
        ("en", "last_month", "2026-10-01T00:00+03:30", "2026-11-01T00:00+03:30"),
        ("fa", "all", None, None),
    ],
)
def test_ranges_follow_the_readers_calendar(lang: str, name: str, since: str | None, until: str | None) -> None:
    found = audit.span(name, NOW, translator(lang))
    assert found == tuple(datetime.fromisoformat(each) if each else None for each in (since, until))


def test_the_file_holds_the_whole_range_as_it_is_when_it_is_fetched(house: House) -> None:
    changed(house, 60)
    house.actor()
    rows_of = audit._rows(house.tokens[MARYAM], ORG, {"action": "source.update"})
    found = list(rows_of)
    assert len(found) == 60
    assert found[0][1:5] == (MARYAM, None, "source.update", "انبار")
    assert found[0][7] == '{"description": "no 59"}'


def test_who_lost_the_role_meanwhile_gets_no_file(house: House) -> None:
    changed(house)
    house.run(house.runtime.members.set_role(house.local, ORG, NEGAR, Role.ADMIN))
    house.actor(NEGAR)
    assert list(audit._rows(house.tokens[NEGAR], ORG, {}))
    house.run(house.runtime.members.set_role(house.local, ORG, NEGAR, Role.EDITOR))
    with pytest.raises(Forbidden):
        list(audit._rows(house.tokens[NEGAR], ORG, {}))
    house.run(house.runtime.access.sign_out(house.tokens[NEGAR]))
    with pytest.raises(Unauthenticated):
        list(audit._rows(house.tokens[NEGAR], ORG, {}))


def test_an_action_without_words_shows_itself() -> None:
    fa = translator("fa", "Asia/Tehran")
    assert trail.action_words("rocket.launch", fa) == "rocket.launch"
    assert actor_words("token:گزارش", fa) == "توکن گزارش"
    assert actor_words("command line", fa) == "خط فرمان"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("paused", True, "بله"),
        ("description", "", "—"),
        ("tags", ["شب", "روز"], "شب و روز"),
        ("role", "editor", "ویراستار"),
        ("config.password", {"set": True}, "•••"),
        ("check_interval_s", 300.0, "۳۰۰"),
        ("until", "2026-11-22T06:11:00+00:00", "۱ آذر ۱۴۰۵، ۰۹:۴۱"),
        ("until", "soon", "soon"),
        ("config.port", 5432, "5432"),
        (
            "params",
            {"filter": {"kind": "rest", "until": None}, "limit": 5},
            '{"filter": {"kind": "rest", "until": null}, "limit": 5}',
        ),
        ("parameters", {"status": "string"}, '{"status": "string"}'),
        ("parameters", {}, "—"),
        ("config.auth", {"type": "bearer", "token": {"set": True}}, "روش ورود توکن (Bearer) · توکن •••"),
    ],
)
def test_values_are_told_as_people_read_them(house: House, name: str, value: object, words: str) -> None:
    assert house.tokens == {}
    assert value_words(name, value, translator("fa", "Asia/Tehran")) == words


def test_what_says_nothing_is_left_out(house: House) -> None:
    made = AuditLine(NOW, ORG, MARYAM, ADDRESS, "source.create", "انبار", after={"tags": [], "description": ""})
    cleared = AuditLine(NOW, ORG, MARYAM, ADDRESS, "source.update", "انبار", None, {"tags": ["شب"]}, {"tags": []})
    assert house.tokens == {}
    assert list(trail.changes(made, translator("fa"))) == []
    assert list(trail.changes(cleared, translator("fa"))) == [("برچسب‌ها", "شب", "—")]


def test_a_second_press_in_one_go_loses_no_way_back() -> None:
    cursors: list[str] = []
    audit._back(cursors)
    for _ in range(2):
        audit._on(cursors, "7")
    assert cursors == ["7"]


def test_an_empty_line_in_data_ends_no_table(house: House) -> None:
    draft = SourceDraft("fake", "انبار", {"host": "there"})
    source = house.run(house.runtime.sources.create(house.actor(), ORG, draft))
    note = "Steps\n\n    [renew it](http://evil)"
    house.run(house.runtime.sources.update(house.actor(), ORG, source.id, {"note": {"text": note}}))
    [table] = [each.value for each in house.open("admin", tab="audit").markdown if "class='trail'" in each.value]
    assert "renew it" in table
    assert "\n" not in table


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_what_is_asked_for_stands_in_the_address_and_is_found_again(house: House, go_back: Back, lang: str) -> None:
    changed(house)
    app = house.open("admin", tab="audit", lang=lang)
    app.selectbox(key=f"trail_action_{lang}").select("source.create").run()
    app.selectbox(key=f"trail_range_{lang}").select("30d").run()
    link = dict(app.query_params)
    assert link == {"tab": "audit", "lang": lang, "action": "source.create", "range": "30d"}
    app = house.open("admin", **link)
    assert rows(texts(app)) == 1
    go_back(app, tab="audit", lang=lang)
    assert app.selectbox(key=f"trail_range_{lang}").value == audit.FIRST_RANGE
    assert rows(texts(app)) > 1
