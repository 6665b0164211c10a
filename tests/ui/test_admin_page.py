"""What administrators look up."""

import pytest

from core.models import Actor, Role
from tests.ui.conftest import Open, texts
from tests.ui.fakes import FakeRuntime


def test_members_stand_with_their_roles_and_the_command_that_changes_them(open_page: Open) -> None:
    app = open_page("admin")
    assert not app.exception
    assert app.dataframe[0].value.values.tolist() == [["مریم", "مدیر"], ["نگار", "بیننده"]]
    assert "python -m core members add main NAME ROLE" in app.code[0].value


def test_tokens_stand_with_their_state_and_without_a_secret(open_page: Open) -> None:
    frame = open_page("admin").dataframe[1].value
    assert [cell[0] for cell in frame["state"]] == ["معتبر", "منقضی", "باطل‌شده"]
    assert "chsh_" not in frame.to_csv()


def test_an_organisation_without_tokens_is_told_how_to_make_one(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.tokens.tokens_made.clear()
    app = open_page("admin")
    assert "این سازمان هنوز توکنی ندارد." in texts(app)
    assert "tokens add --org main" in app.code[1].value


def test_hooks_stand_with_their_host_and_what_the_last_attempt_met(open_page: Open) -> None:
    frame = open_page("admin").dataframe[2].value
    assert frame["host"].tolist() == ["chat.example.ir", "ops.example.com", "old.example.com"]
    assert frame["language"].tolist() == ["فارسی", "English", "English"]
    assert frame["waiting"].tolist() == ["۰", "۲", "۱"]
    plain = [said.replace("\u2066", "").replace("\u2069", "") for said in frame["error"]]
    assert plain == ["", "گیرنده پیام را نپذیرفت: پاسخ با وضعیت 500 آمد.", "پیام به گیرنده نرسید: unreachable.refused"]


def test_an_organisation_that_tells_nobody_is_told_how(open_page: Open, runtime: FakeRuntime) -> None:
    runtime.alerts.kept.clear()
    app = open_page("admin")
    assert "حادثه‌های این سازمان به هیچ نشانی‌ای خبر داده نمی‌شوند." in texts(app)
    assert "alerts add --org main --url URL" in app.code[2].value


def test_the_system_is_described(open_page: Open) -> None:
    said = texts(open_page("admin", lang="en"))
    for fact in ("SQLite", "0003", "/srv/cheshmeh/data", "0.1.0", "3.11.2", "1.67.0", "PostgreSQL", "22 Nov 2026"):
        assert fact in said


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST, Role.EDITOR])
def test_anyone_else_is_told_which_role_it_takes(open_page: Open, runtime: FakeRuntime, role: Role) -> None:
    runtime.access.actor = Actor("نگار", {"main": role})
    app = open_page("admin")
    assert not app.exception
    assert not app.dataframe
    assert "مدیر" in texts(app)
