"""Forms of kinds with nested, conditional, list and mapping inputs, and the box for connection strings."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.connectors.catalog import kind_infos
from core.connectors.registry import registry
from core.i18n import LANGUAGES, translator
from core.models import FieldSpec, KindInfo
from tests.ui.conftest import Open, texts
from tests.ui.fakes import FakeRuntime
from tests.ui.samples import POSTGRES, make_source
from ui import inputs, state

SECRET = "s3cr3t-value"
WITH = "auth.type"
REST = KindInfo(
    "rest",
    (
        FieldSpec("base_url", "text", True, example="https://api.example.ir"),
        FieldSpec(WITH, "choice", False, "none", ("none", "basic", "header", "query"), "auth"),
        FieldSpec("auth.username", "text", True, section="auth", shown_when=((WITH, ("basic",)),)),
        FieldSpec("auth.password", "secret", True, section="auth", shown_when=((WITH, ("basic",)),)),
        FieldSpec("auth.name", "text", True, section="auth", shown_when=((WITH, ("header", "query")),)),
        FieldSpec("auth.value", "secret", True, section="auth", shown_when=((WITH, ("header", "query")),)),
        FieldSpec("headers", "mapping", False, section="auth", secret_keys=True),
        FieldSpec("health_expect", "list", False, ["200-299"]),
        FieldSpec("tls_verify", "boolean", False, True, section="security"),
        FieldSpec("ca_pem", "multiline", False, section="security", shown_when=(("tls_verify", (True,)),)),
        FieldSpec("path_style", "boolean", False, section="advanced"),
        FieldSpec("timeout_s", "number", False, section="limits", example=10),
    ),
    {"path": "/"},
)
ELSEWHERE = KindInfo("elsewhere", (FieldSpec("place", "text", True), FieldSpec("deep.er", "text", False)), {})


@pytest.fixture
def kinds(runtime: FakeRuntime) -> FakeRuntime:
    runtime.sources.kinds = lambda: (POSTGRES, REST, ELSEWHERE)  # type: ignore[method-assign]  # a fake with more kinds
    return runtime


def keys(app: AppTest) -> set[str]:
    return {element.key for kind in (app.text_input, app.text_area, app.selectbox, app.checkbox) for element in kind}


def at_rest(open_page: Open) -> AppTest:
    app = open_page("add", lang="fa")
    app.button(key="choose_rest").click().run()
    app.text_input(key="about_name").input("سرویس")
    app.text_input(key="ltr_rest_base_url").input("https://api.example.ir")
    return app


def tried(app: AppTest, runtime: FakeRuntime) -> dict[str, Any]:
    """The configuration that goes on to the test."""
    app.button(key="add_continue").click().run()
    assert not app.exception
    return dict(next(call[2] for call in reversed(runtime.sources.calls) if call[0] == "test"))


def choose(app: AppTest, variant: str) -> None:
    app.selectbox(key="words_rest_auth.type_fa").select(variant).run()


def test_every_kind_has_a_card_even_without_words(open_page: Open, kinds: FakeRuntime) -> None:
    app = open_page("add")
    assert not app.exception
    assert {"choose_postgres", "choose_rest", "choose_elsewhere"} <= {button.key for button in app.button}
    assert "elsewhere" in texts(app)
    app.button(key="choose_elsewhere").click().run()
    assert [element.label for element in app.text_input if "elsewhere" in str(element.key)] == ["place \\*", "deep.er"]


def test_inputs_appear_with_the_choice_that_needs_them(open_page: Open, kinds: FakeRuntime) -> None:
    app = at_rest(open_page).run()
    assert not {"ltr_rest_auth.username", "ltr_rest_auth.value"} & keys(app)
    choose(app, "basic")
    assert {"ltr_rest_auth.username", "ltr_rest_auth.password"} <= keys(app)
    choose(app, "query")
    assert "ltr_rest_auth.username" not in keys(app)
    assert {"ltr_rest_auth.name", "ltr_rest_auth.value"} <= keys(app)
    assert "ltr_rest_ca_pem" in keys(app)
    app.checkbox(key="ltr_rest_tls_verify").uncheck().run()
    assert "ltr_rest_ca_pem" not in keys(app)


def test_a_form_becomes_a_nested_configuration(open_page: Open, kinds: FakeRuntime) -> None:
    app = at_rest(open_page)
    choose(app, "header")
    app.text_input(key="ltr_rest_auth.name").input("X-Key")
    app.text_input(key="ltr_rest_auth.value").input(SECRET)
    app.text_area(key="ltr_rest_headers").input("Accept: text/plain\n\n X-Api-Key :k:1")
    app.text_area(key="ltr_rest_health_expect").input("200\n 204 ")
    app.selectbox(key="words_rest_path_style_fa").select("false")
    assert tried(app, kinds) == {
        "base_url": "https://api.example.ir",
        "auth": {"type": "header", "name": "X-Key", "value": SECRET},
        "headers": {"Accept": "text/plain", "X-Api-Key": "k:1"},
        "health_expect": ["200", "204"],
        "tls_verify": True,
        "path_style": False,
    }


def test_what_was_typed_for_another_choice_does_not_go_along(open_page: Open, kinds: FakeRuntime) -> None:
    app = at_rest(open_page)
    choose(app, "basic")
    app.text_input(key="ltr_rest_auth.username").input("u")
    choose(app, "none")
    assert tried(app, kinds) == {
        "base_url": "https://api.example.ir",
        "auth": {"type": "none"},
        "health_expect": ["200-299"],
        "tls_verify": True,
    }


def test_secret_headers_come_back_masked_and_stay(open_page: Open, kinds: FakeRuntime) -> None:
    works = FakeTest(kinds)
    kinds.sources.test = works  # type: ignore[method-assign]  # a fake that works for every kind
    app = at_rest(open_page)
    app.text_area(key="ltr_rest_headers").input(f"Accept: a\nX-Api-Key: {SECRET}")
    app.button(key="add_continue").click().run()
    app.button(key="add_fix").click().run()
    area = app.text_area(key="ltr_rest_headers")
    assert area.value == "Accept: a\nX-Api-Key: •••"
    area.input("Accept: b\nx-api-key: •••")
    app.button(key="add_continue").click().run()
    assert works.configs[-1]["headers"] == {"Accept": "b", "x-api-key": SECRET}


def test_what_is_wrong_with_no_input_is_said_above_the_form(open_page: Open, kinds: FakeRuntime) -> None:
    app = at_rest(open_page)
    tried(app, kinds)
    # The service from memory misses the fields of another kind: they have no input here, and are told all the same.
    assert any("host" in error.value for error in app.error)


def paste(app: AppTest, text: str) -> AppTest:
    return app.text_input(key=state.PASTED).input(text).run()


def test_a_pasted_string_fills_kind_and_fields(open_page: Open, kinds: FakeRuntime) -> None:
    app = paste(open_page("add"), f"postgresql://reader:{SECRET}@db.example.ir:6432/shop?sslmode=require")
    assert not app.exception
    assert app.text_input(key="ltr_postgres_host").value == "db.example.ir"
    assert app.number_input(key="ltr_postgres_port").value == 6432
    assert app.text_input(key="about_name").value == "shop"
    assert app.text_input(key="ltr_postgres_password").value == ""
    assert tried(app, kinds)["password"] == SECRET


@pytest.mark.parametrize("text", [f"postgresql://reader:{SECRET}@h/shop", f"mysql://u:{SECRET}@h", SECRET])
def test_a_pasted_text_is_nowhere_afterwards(open_page: Open, kinds: FakeRuntime, text: str) -> None:
    app = paste(open_page("add"), text)
    assert SECRET not in repr(app.session_state) + texts(app) + str(dict(app.query_params))
    assert not any(element.value for element in app.text_input if element.key == state.PASTED)


def test_what_cannot_be_read_is_said_beside_the_box(open_page: Open, kinds: FakeRuntime) -> None:
    app = paste(open_page("add"), "host=h service=x")
    assert "service" in texts(app)
    assert "choose_rest" in {button.key for button in app.button}
    app = paste(app, "mongodb://h/d")
    assert "postgres, rest, elsewhere" in texts(app)


def test_the_summary_shows_no_secret_of_any_depth(open_page: Open, kinds: FakeRuntime) -> None:
    kinds.sources.test = FakeTest(kinds)  # type: ignore[method-assign]  # a fake that works for every kind
    app = paste(open_page("add"), f"https://reader:{SECRET}@api.example.ir/v1")
    app.text_area(key="ltr_rest_headers").input(f"X-Token: {SECRET}\nAccept: text/plain")
    app.button(key="add_continue").click().run()
    said = texts(app)
    assert "reader" in said
    assert "text/plain" in said
    assert "X-Token: •••" in said
    assert SECRET not in said


class FakeTest:
    """Every configuration works."""

    def __init__(self, runtime: FakeRuntime) -> None:
        self._test: Callable[..., Any] = runtime.sources.test
        self.configs: list[Any] = []

    async def __call__(self, actor: Any, org: str, kind: str, config: Any, source_id: Any = None) -> Any:
        self.configs.append(config)
        whole = {"host": "h", "database": "d", "user": "u"}
        return await self._test(actor, org, kind, whole)


def _dialog(name: str, lang: str) -> None:
    from tests.ui.samples import source_id
    from ui import edit
    from ui.runtime import runtime
    from ui.session import words

    edit.edit_form(runtime().sources.sources[source_id(name)], words())


STORED = {
    "base_url": "https://a",
    "auth": {"type": "header", "name": "X-Key", "value": {"set": True}},
    "headers": {"Accept": "a", "Cookie": {"set": True}},
    "tls_verify": True,
    "health_expect": ["200-299"],
}


@pytest.fixture
def editing(kinds: FakeRuntime) -> AppTest:
    source = make_source("سرویس", kind="rest", config=STORED)
    kinds.sources.sources[source.id] = source
    return AppTest.from_function(_dialog, args=("سرویس", "fa"), default_timeout=60).run()


def patch_of(app: AppTest, runtime: FakeRuntime) -> Any:
    app.button(key="edit_save").click().run()
    assert not app.exception
    return runtime.sources.calls[-1][1].get("config", {})


def test_an_untouched_form_changes_no_setting(editing: AppTest, kinds: FakeRuntime) -> None:
    assert patch_of(editing, kinds) == {}


def test_an_edit_sends_what_changed_and_keeps_secrets(editing: AppTest, kinds: FakeRuntime) -> None:
    editing.text_input(key="ltr_rest_base_url").input("https://b")
    editing.text_input(key="ltr_rest_auth.name").input("X-Other")
    editing.text_area(key="ltr_rest_headers").input("Cookie: •••")
    assert patch_of(editing, kinds) == {
        "base_url": "https://b",
        "auth": {"type": "header", "name": "X-Other", "value": {"set": True}},
        "headers": {"Accept": None, "Cookie": {"set": True}},
    }


def test_a_stored_secret_does_not_move_to_another_choice(editing: AppTest, kinds: FakeRuntime) -> None:
    choose(editing, "query")
    assert patch_of(editing, kinds) == {"auth": {"type": "query", "name": "X-Key", "value": None}}


@pytest.mark.parametrize(("first", "then"), [("fa", "en"), ("en", "fa")])
def test_another_language_keeps_choices_and_what_was_typed_for_them(
    open_page: Open, runtime: FakeRuntime, first: str, then: str
) -> None:
    rest = next(kind for kind in kind_infos(registry.discover()) if kind.name == "rest")
    runtime.sources.kinds = lambda: (rest,)  # type: ignore[method-assign]  # a fake with the real kind
    works = FakeTest(runtime)
    runtime.sources.test = works  # type: ignore[method-assign]  # a fake that works for every kind
    app = open_page("add", lang=first)
    app.button(key="choose_rest").click().run()
    app.text_input(key="about_name").input("سرویس")
    app.selectbox(key=f"words_rest_auth.type_{first}").select("bearer").run()
    app.text_input(key="ltr_rest_auth.token").input(SECRET).run()
    for lang in (then, first, then):
        app.query_params["lang"] = lang
        app.run()
        for _ in range(2):  # the first run after the change, and one that finds the input drawn
            assert app.selectbox(key=f"words_rest_auth.type_{lang}").value == "bearer"
            assert app.text_input(key="ltr_rest_auth.token").value == SECRET
            app.run()
    app.button(key="add_continue").click().run()
    assert works.configs[-1]["auth"] == {"type": "bearer", "token": SECRET}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_field_choice_and_section_of_every_kind_has_words(lang: str) -> None:
    t = translator(lang)
    missing = []
    for kind in kind_infos(registry.discover()):
        missing += [key for key in (f"kind.{kind.name}", f"kind.{kind.name}.description") if key not in t]
        for spec in kind.fields:
            missing += [(kind.name, spec.name)] if inputs.label_of(kind.name, spec.name, t) == spec.name else []
            missing += [(kind.name, spec.name, "help")] if inputs.help_of(kind.name, spec.name, t) is None else []
            missing += [spec.section] if f"section.{spec.section}" not in t else []
            if spec.name == WITH:
                words = [inputs.choice_of(kind.name, spec.name, value, t) for value in spec.choices]
                missing += [word for word in words if word in spec.choices]
    assert missing == []
