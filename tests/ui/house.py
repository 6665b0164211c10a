"""The real product with people in it, and its pages as one of them sees them."""

import json
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from core.i18n import LANGUAGES, translator
from core.models import Actor, Role
from core.runtime import Runtime
from tests.services.assembly import Product

ROOT = Path(__file__).resolve().parents[2]
RUN_LIMIT_S = 60
PASSWORD = "correct horse battery staple"
ORG = "main"
ADDRESS = "10.20.3.7"
NAMES = ("members", "invitations", "tokens", "hooks", "users", "organisations", "sessions")
MARYAM, NEGAR, SERVER = "مریم", "نگار", "سرور"


@dataclass
class House:
    """`token` is the session of whoever looks at the pages now."""

    made: Product
    token: str | None = None
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def runtime(self) -> Runtime:
        return self.made.runtime

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.runtime.run(coroutine)

    def move_in(self) -> None:
        """An administrator, an analyst, and a server administrator who belongs to nothing but another organisation."""
        for slug, name in ((ORG, "سازمان نمونه"), ("other", "دیگران")):
            self.run(self.runtime.access.ensure_organisation(slug, name))
        for name, org, role in ((MARYAM, ORG, Role.ADMIN), (NEGAR, ORG, Role.ANALYST), (SERVER, "other", Role.VIEWER)):
            self.run(self.runtime.accounts.add_user(self.local, name, PASSWORD, name == SERVER))
            self.run(self.runtime.members.add(self.local, org, name, role))

    @property
    def local(self) -> Actor:
        return Actor("command line", {ORG: Role.ADMIN, "other": Role.ADMIN}, server_admin=True)

    def actor(self, name: str = MARYAM) -> Actor:
        return self.run(self.runtime.access.actor_of_session(self._session(name)))  # type: ignore[no-any-return]

    def open(self, page: str, name: str = MARYAM, **query: str) -> AppTest:
        """As a browser of this person would."""
        self.token = self._session(name)
        app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=RUN_LIMIT_S)
        for key, value in query.items():
            app.query_params[key] = value
        return app.switch_page(f"../pages/{page}.py").run()

    def _session(self, name: str) -> str:
        if name not in self.tokens:
            self.tokens[name] = self.run(self.runtime.access.sign_in(name, PASSWORD))
        return self.tokens[name]


def press(app: AppTest, table: str, action: str, row: int) -> AppTest:
    """Presses a button in a row of a table: the test runner has no click for those."""
    frame = _table(app, table)
    assert frame.value[f"do_{action}"][row], "no button there"
    states = app._tree.get_widget_states()
    click = states.widgets.add()
    click.id = frame.proto.button_click_widgets[f"do_{action}"]
    click.string_trigger_value.data = json.dumps({"row": row, "label": action})
    return app._run(states)


def column(app: AppTest, table: str, name: str) -> list[Any]:
    """A column of a table; of pills the word of each."""
    return [_word(cell) for cell in _table(app, table).value[name]]


def tables(app: AppTest) -> set[str]:
    """The names of those that the page shows."""
    return {name for name in NAMES if any(_names(frame, name) for frame in app.dataframe)}


def _word(cell: Any) -> str | None:
    if isinstance(cell, str):
        return cell
    return None if cell is None or isinstance(cell, float) else str(cell[0])


def _table(app: AppTest, name: str) -> Any:
    return next(frame for frame in app.dataframe if _names(frame, name))


def _names(frame: Any, name: str) -> bool:
    # What describes it to those who can't see it, in one of the languages.
    return frame.proto.alt in {translator(lang).text(f"table.{name}") for lang in LANGUAGES}
