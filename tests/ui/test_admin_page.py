"""What administrators do on their page, over the real services."""

from typing import Any

import pytest
from pydantic import SecretStr
from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

from core.errors import Unauthenticated
from core.models import Actor, Role, SamplePolicy, SourceDraft
from core.storage.migrations import HEAD
from tests.ui.conftest import texts
from tests.ui.house import ADDRESS, MARYAM, NEGAR, ORG, PASSWORD, SERVER, House, column, press, tables
from ui import state

LANGS = pytest.mark.parametrize("lang", ["fa", "en"])
MARKS = {
    "members": "members",
    "tokens": "Bearer chsh_",
    "queries": "admin_policy",
    "egress": "ltr_egress_entries",
    "audit": "class='trail'",
    "hooks": "ltr_hook_url",
    "system": "SQLite",
}
"""What is only on one tab."""


def roles(house: House) -> dict[str, Role]:
    return {member.name: member.role for member in house.run(house.runtime.members.list(house.local, ORG))}


@pytest.mark.parametrize(("tab", "mark"), MARKS.items())
@LANGS
def test_every_tab_can_be_linked_to(house: House, tab: str, mark: str, lang: str) -> None:
    house.run(house.runtime.sources.create(house.actor(), ORG, SourceDraft("fake", "انبار", {"host": "there"})))
    app = house.open("admin", tab=tab, lang=lang)
    assert not app.exception
    assert not app.error
    assert len(app.tabs) == len(MARKS)
    shown = (
        texts(app)
        + " ".join(tables(app))
        + "".join(
            f"{getattr(each, 'key', None)} {each.value}"
            for each in (*app.text_area, *app.text_input, *app.radio, *app.code)
        )
    )
    assert {name for name, each in MARKS.items() if each in shown} == {tab}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST, Role.EDITOR])
def test_anyone_else_is_told_which_role_it_takes_and_nothing_is_loaded(house: House, role: Role) -> None:
    house.run(house.runtime.members.set_role(house.local, ORG, NEGAR, role))
    app = house.open("admin", NEGAR, tab="users" if role is Role.VIEWER else "audit")
    assert not app.exception
    assert not app.dataframe
    assert not app.tabs
    assert MARYAM not in texts(app)
    assert "دست‌کم نقش مدیر" in texts(app)


def test_a_server_administrator_without_the_role_sees_users_and_the_installations_trail_alone(house: House) -> None:
    app = house.open("admin", SERVER, tab="members", lang="en")
    assert [tab.label for tab in app.tabs] == ["Audit", "Users and organisations"]
    assert not app.dataframe
    assert "sources" not in texts(app)
    app = house.open("admin", SERVER, tab="users")
    assert column(app, "users", "name") == sorted([MARYAM, NEGAR, SERVER])
    assert column(app, "organisations", "slug") == [ORG, "other"]


def test_a_role_is_changed_and_written_down(house: House) -> None:
    app = house.open("admin", tab="members")
    app = press(app, "members", "role", column(app, "members", "name").index(NEGAR))
    app.selectbox(key=state.in_words("member_role_choice", "fa")).select(Role.EDITOR).run()
    app.button(key="member_role_go").click().run()
    assert not app.exception
    assert roles(house)[NEGAR] is Role.EDITOR
    assert column(app, "members", "role")[column(app, "members", "name").index(NEGAR)] == "ویراستار"
    [line] = house.run(house.runtime.audit.lines(house.local, ORG, action="member.role")).items
    assert (line.actor, line.address, line.target, line.after) == (MARYAM, ADDRESS, NEGAR, {"role": "editor"})


def test_a_member_is_removed_only_after_the_consequence_was_read(house: House) -> None:
    app = house.open("admin", tab="members")
    app = press(app, "members", "remove", column(app, "members", "name").index(NEGAR))
    assert "به هیچ‌یک از منبع‌های" in texts(app)
    assert NEGAR in roles(house)
    app.button(key="member_remove_go").click().run()
    assert NEGAR not in roles(house)
    assert NEGAR not in column(app, "members", "name")


def test_the_last_administrator_can_neither_go_nor_step_down(house: House) -> None:
    app = house.open("admin", tab="members")
    row = column(app, "members", "name").index(MARYAM)
    gone = press(app, "members", "remove", row)
    assert "تنها مدیر این سازمان" in texts(gone)
    assert "member_remove_go" not in {button.key for button in gone.button}
    app = house.open("admin", tab="members")
    app = press(app, "members", "role", row)
    app.selectbox(key=state.in_words("member_role_choice", "fa")).select(Role.VIEWER).run()
    assert "تنها مدیر این سازمان" in texts(app)
    assert app.button(key="member_role_go").disabled
    assert roles(house)[MARYAM] is Role.ADMIN


def test_who_lost_the_role_meanwhile_is_refused_at_the_next_click(house: House) -> None:
    house.run(house.runtime.members.set_role(house.local, ORG, NEGAR, Role.ADMIN))
    app = house.open("admin", NEGAR, tab="members")
    assert column(app, "members", "name") == [MARYAM, NEGAR]
    house.run(house.runtime.members.set_role(house.local, ORG, NEGAR, Role.VIEWER))
    app = press(app, "members", "remove", 0)
    assert not app.dataframe
    assert "دست‌کم نقش مدیر" in texts(app)
    assert MARYAM in roles(house)


def test_an_invitation_is_shown_once_and_lets_one_person_in(house: House) -> None:
    app = house.open("admin", tab="members")
    app.text_input(key="invitation_note").input("همکار تازه")
    app.button(key="invite_go").click().run()
    [link] = [code.value for code in app.code]
    assert link.startswith(f"{house.runtime.settings.origin}/session/invitation?code=")
    assert column(app, "invitations", "note") == ["همکار تازه"]
    assert app.text_input(key="invitation_note").value == ""
    code = link.partition("code=")[2]
    house.run(house.runtime.invitations.accept_as_new(code, "تازه‌وارد", PASSWORD + " 2"))
    app.button(key="once_done").click().run()
    assert not app.code
    assert column(app, "invitations", "state") == ["استفاده‌شده"]
    assert roles(house)["تازه‌وارد"] is Role.ANALYST
    assert column(app, "invitations", "do_revoke") == [None]


def test_a_secret_that_was_shown_goes_with_its_tab(house: House) -> None:
    app = house.open("admin", tab="tokens")
    app.text_input(key="token_name").input("گزارش")
    app.button(key="token_add_go").click().run()
    assert any(code.value.startswith("chsh_") for code in app.code)
    secret = next(code.value for code in app.code if code.value.startswith("chsh_"))
    app.query_params["tab"] = "audit"
    app.switch_page("../pages/sources.py").run()
    assert state.ONCE not in app.session_state
    back = house.open("admin", tab="tokens")
    assert all(secret not in code.value for code in back.code)


def test_an_invitation_is_revoked(house: House) -> None:
    made = house.run(house.runtime.invitations.create(house.actor(), ORG, Role.EDITOR, "سارا"))
    app = press(house.open("admin", tab="members"), "invitations", "revoke", 0)
    assert "سارا" in texts(app)
    app.button(key="invitation_revoke_go").click().run()
    assert column(app, "invitations", "state") == ["باطل‌شده"]
    assert house.run(house.runtime.invitations.look(made.code)) is None


def test_a_token_is_made_used_and_revoked(house: House) -> None:
    app = house.open("admin", tab="tokens", lang="en")
    assert "no token yet" in texts(app)
    app.text_input(key="token_name").input("nightly report")
    app.selectbox(key="token_role_en").select("analyst")
    app.number_input(key="token_days").set_value(30)
    app.button(key="token_add_go").click().run()
    bearer = next(code.value for code in app.code if code.value.startswith("chsh_"))
    actor = house.run(house.runtime.access.actor_of_token(bearer))
    assert actor == Actor("token:nightly report", {ORG: Role.ANALYST}, scoped_to=ORG)
    assert column(app, "tokens", "state") == ["Valid"]
    assert bearer not in app.dataframe[0].value.to_csv()
    app = press(app, "tokens", "revoke", 0)
    app.button(key="token_revoke_go").click().run()
    assert column(app, "tokens", "state") == ["Revoked"]
    assert house.run(house.runtime.access.actor_of_token(bearer)) is None


def test_a_token_for_metrics_has_no_role(house: House) -> None:
    app = house.open("admin", tab="tokens")
    app.selectbox(key="token_role_fa").select("metrics").run()
    app.button(key="token_add_go").click().run()
    [token] = house.run(house.runtime.tokens.list(house.local, ORG))
    assert (token.role, token.scopes) == (None, ("metrics",))


def test_a_list_that_shuts_out_a_source_is_saved_only_after_a_warning(house: House) -> None:
    draft = SourceDraft("fake", "انبار", {"host": "10.4.1.20"})
    house.run(house.runtime.sources.create(house.actor(), ORG, draft))
    app = house.open("admin", tab="egress")
    assert "فهرست خالی است" in texts(app)
    app.text_area(key="ltr_egress_entries").input("10.9.0.0/16\n").run()
    app.button(key="egress_save").click().run()
    assert "- انبار" in texts(app)
    assert house.run(house.runtime.egress.entries(house.local, ORG)) == ()
    app.button(key="egress_set_go").click().run()
    assert house.run(house.runtime.egress.entries(house.local, ORG)) == ("10.9.0.0/16",)
    app.text_area(key="ltr_egress_entries").input("10.9.0.0/16، 10.4.1.0/24").run()
    app.button(key="egress_save").click().run()
    assert house.run(house.runtime.egress.entries(house.local, ORG)) == ("10.4.1.0/24", "10.9.0.0/16")
    app.button(key="egress_clear").click().run()
    assert "هر جا باشند" in texts(app)
    app.button(key="egress_set_go").click().run()
    assert house.run(house.runtime.egress.entries(house.local, ORG)) == ()


@LANGS
def test_a_wrong_entry_of_the_list_is_named_by_itself(house: House, lang: str) -> None:
    app = house.open("admin", tab="egress", lang=lang)
    app.text_area(key="ltr_egress_entries").input("10.9.0.0/16\nhttp://x/").run()
    app.button(key="egress_save").click().run()
    [error] = app.error
    assert "http" in error.value
    assert "10.9" not in error.value
    assert house.run(house.runtime.egress.entries(house.local, ORG)) == ()


def test_a_hook_is_added_tried_and_removed(house: House) -> None:
    app = house.open("admin", tab="hooks", lang="en")
    app.text_input(key="ltr_hook_url").input("https://chat.example.invalid/hook/abc")
    app.button(key="hook_add_go").click().run()
    assert len(app.code[0].value) >= 40
    assert column(app, "hooks", "host") == ["chat.example.invalid"]
    assert "abc" not in texts(app) + app.dataframe[0].value.to_csv()
    app = press(app, "hooks", "test", 0)
    assert "chat.example.invalid" in texts(app).replace("\\", "")
    app = press(app, "hooks", "remove", 0)
    app.button(key="hook_remove_go").click().run()
    assert "Nobody is notified" in texts(app)


def test_an_address_that_is_none_is_refused_beside_its_input(house: House) -> None:
    app = house.open("admin", tab="hooks")
    app.text_input(key="ltr_hook_url").input("ftp://x")
    app.button(key="hook_add_go").click().run()
    assert "**نشانی**" in app.error[0].value


def test_the_system_is_described_without_a_secret(house: House) -> None:
    draft = SourceDraft("fake", "انبار", {"host": "there", "password": "Zq7-never-shown"})
    house.run(house.runtime.sources.create(house.actor(), ORG, draft))
    said = texts(house.open("admin", tab="system", lang="en"))
    [key] = house.run(house.runtime.administration.system(house.local, ORG)).keys
    for fact in ("SQLite", HEAD, str(house.runtime.settings.data_dir), "Done by this process", "None; one", key):
        assert fact in said
    assert "Every part works." in said


def test_what_is_out_of_reach_is_named_without_its_address(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    service = house.runtime.administration
    redis = {"redis_url": SecretStr("redis://app:Zq7-never-shown@queue.example")}
    monkeypatch.setattr(service, "_settings", service._settings.model_copy(update=redis))
    well = texts(house.open("admin", tab="system", lang="en"))
    assert "Every part works." in well
    assert "Reachable" in well
    monkeypatch.setattr(house.runtime, "_troubles", lambda: ("redis",))
    said = texts(house.open("admin", tab="system", lang="en"))
    assert "Out of reach: Redis" in said
    assert "Reachable" not in said
    for hidden in ("Zq7", "queue.example"):
        assert hidden not in well + said


def test_a_user_is_added_with_a_link_disabled_and_enabled(house: House) -> None:
    app = house.open("admin", SERVER, tab="users", lang="en")
    app.text_input(key="user_name").input("sara")
    app.button(key="user_add_go").click().run()
    code = app.code[0].value.partition("/session/password?code=")[2]
    assert house.run(house.runtime.accounts.look_at_link(code)) == "sara"
    house.run(house.runtime.accounts.use_link(code, PASSWORD + " 3"))
    row = column(app, "users", "name").index("sara")
    app = press(app, "users", "disable", row)
    assert "signed out at once" in texts(app)
    app.button(key="user_disable_go").click().run()
    with pytest.raises(Unauthenticated):
        house.run(house.runtime.access.sign_in("sara", PASSWORD + " 3"))
    app = press(app, "users", "enable", row)
    app.button(key="user_enable_go").click().run()
    assert house.run(house.runtime.access.sign_in("sara", PASSWORD + " 3"))
    app.button(key="once_done").click().run()
    app = press(app, "users", "link", row)
    app.button(key="user_link_go").click().run()
    assert "/session/password?code=" in app.code[0].value


def test_an_organisation_is_added_with_its_first_administrator(house: House) -> None:
    app = house.open("admin", SERVER, tab="users")
    app.text_input(key="ltr_org_slug").input("tehran")
    app.text_input(key="org_name").input("شعبهٔ تهران")
    app.selectbox(key="org_first").select(NEGAR)
    app.button(key="org_add_go").click().run()
    assert not app.error
    assert house.actor(NEGAR).roles["tehran"] is Role.ADMIN
    app.text_input(key="ltr_org_slug").input("No Slug")
    app.text_input(key="org_name").input("x")
    app.button(key="org_add_go").click().run()
    assert "**شناسه**" in app.error[0].value


def test_the_last_server_administrator_stays(house: House) -> None:
    app = house.open("admin", SERVER, tab="users")
    app = press(app, "users", "disable", column(app, "users", "name").index(SERVER))
    app.button(key="user_disable_go").click().run()
    assert house.actor(SERVER).server_admin
    assert "هیچ مدیر سروری نمی‌تواند وارد شود" in texts(app)


def test_a_list_that_somebody_else_changed_meanwhile_is_not_written_over(house: House) -> None:
    house.run(house.runtime.egress.set(house.actor(), ORG, ("a.example", "x.example")))
    app = house.open("admin", tab="egress", lang="en")
    house.run(house.runtime.egress.set(house.actor(), ORG, ("a.example",)))
    typed = "a.example\nx.example\ny.example"
    app.text_area(key="ltr_egress_entries").set_value(typed)
    app.button(key="egress_save").click()
    pressed = app._tree.get_widget_states()
    app.run()
    assert "changed this list meanwhile" in texts(app)
    assert typed in [code.value for code in app.code]
    assert app.text_area(key="ltr_egress_entries").value == "a.example"
    # The press that follows the typing is a run of its own, and may bring the old text again.
    app._run(pressed)
    assert house.run(house.runtime.egress.entries(house.actor(), ORG)) == ("a.example",)
    assert typed in [code.value for code in app.code]
    app.button(key="egress_put_away").click().run()
    assert not app.code
    app.text_area(key="ltr_egress_entries").set_value("a.example\nb.example")
    app.button(key="egress_save").click().run()
    assert house.run(house.runtime.egress.entries(house.actor(), ORG)) == ("a.example", "b.example")


def test_a_policy_that_somebody_else_set_is_shown_and_not_undone(house: House) -> None:
    app = house.open("admin", tab="queries", lang="en")
    house.run(house.runtime.queries.set_policy(house.local, ORG, "approved_only"))
    app.run()
    assert app.radio(key="admin_policy_en").value is SamplePolicy.APPROVED_ONLY
    assert app.button(key="policy_save").disabled


def test_while_a_hooks_secret_is_shown_no_other_hook_is_made(house: House) -> None:
    app = house.open("admin", tab="hooks")
    app.text_input(key="ltr_hook_url").input("https://hooks.example/a")
    app.button(key="hook_add_go").click().run()
    assert app.button(key="hook_add_go").disabled
    assert app.code


def test_while_a_secret_is_shown_no_other_one_takes_its_place(house: House) -> None:
    app = house.open("admin", tab="tokens")
    app.button(key="token_add_go").click().run()
    shown = [code.value for code in app.code]
    assert app.button(key="token_add_go").disabled
    app.run()
    assert [code.value for code in app.code] == shown
    app.button(key="once_done").click().run()
    assert not app.button(key="token_add_go").disabled


def test_a_link_says_whose_it_is_and_no_other_takes_its_place(house: House) -> None:
    app = house.open("admin", SERVER, tab="users", lang="en")
    app = press(app, "users", "link", column(app, "users", "name").index(NEGAR))
    app.button(key="user_link_go").click().run()
    assert f"<span class='label'>User name</span> {NEGAR}" in texts(app)
    shown = [code.value for code in app.code]
    assert app.button(key="user_add_go").disabled
    app = press(app, "users", "link", column(app, "users", "name").index(MARYAM))
    assert app.button(key="user_link_go").disabled
    assert "still shown" in texts(app)
    assert [code.value for code in app.code] == shown


def test_a_list_that_somebody_else_saves_under_the_question_is_not_written_over(house: House) -> None:
    house.run(house.runtime.egress.set(house.actor(), ORG, ("a.example",)))
    app = house.open("admin", tab="egress", lang="en")
    app.button(key="egress_clear").click().run()
    house.run(house.runtime.egress.set(house.actor(), ORG, ("a.example", "b.example")))
    app.button(key="egress_set_go").click().run()
    assert house.run(house.runtime.egress.entries(house.actor(), ORG)) == ("a.example", "b.example")
    assert "changed this list meanwhile" in texts(app)
    assert "egress_set_go" not in [button.key for button in app.button]


@pytest.mark.parametrize(
    ("tab", "service", "makes", "inputs", "button"),
    [
        ("tokens", "tokens", "create", {"token_name": "report"}, "token_add_go"),
        ("hooks", "alerts", "add", {"ltr_hook_url": "https://hooks.example/a"}, "hook_add_go"),
        ("members", "invitations", "create", {"invitation_note": "sara"}, "invite_go"),
        ("users", "accounts", "new_password_link", {"user_name": "sara"}, "user_add_go"),
    ],
)
def test_a_second_press_while_a_secret_is_made_loses_none(
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    tab: str,
    service: str,
    makes: str,
    inputs: dict[str, str],
    button: str,
) -> None:
    app = house.open("admin", SERVER if tab == "users" else MARYAM, tab=tab)
    for key, value in inputs.items():
        app.text_input(key=key).input(value)
    app.button(key=button).click()
    pressed, made = app._tree.get_widget_states(), []
    owner, run = getattr(house.runtime, service), house.runtime.run
    make = getattr(owner, makes)

    async def noted(*asked: Any, **named: Any) -> Any:
        made.append(await make(*asked, **named))
        return made[-1]

    def overtaken(*asked: Any) -> Any:
        before = len(made)
        found = run(*asked)
        if len(made) > before == 0:
            context = get_script_run_ctx()
            assert context is not None
            assert context.script_requests is not None
            again = RerunData(context.query_string, pressed, context.page_script_hash)
            context.script_requests.request_rerun(again)
        return found

    monkeypatch.setattr(owner, makes, noted)
    monkeypatch.setattr(house.runtime, "run", overtaken)
    app.run()
    assert not app.exception
    [secret] = [getattr(each, "token", None) or getattr(each, "secret", None) or each.path for each in made]
    assert any(code.value.endswith(secret) for code in app.code)
