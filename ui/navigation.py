"""The pages and the ways between them."""

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from uuid import UUID

import streamlit as st

from core.errors import NotFound
from core.i18n import Translator
from core.models import Role
from ui.session import Reader

if TYPE_CHECKING:
    from streamlit.navigation.page import Page

FOLDER = Path(__file__).resolve().parent.parent / "pages"
SOURCES, ADD, SOURCE = "sources", "add", "source"
HEALTH, PLAYGROUND, ADMIN = "health", "playground", "admin"
_ICONS = {
    SOURCES: ":material/database:",
    ADD: ":material/add_circle:",
    SOURCE: ":material/database:",
    HEALTH: ":material/monitoring:",
    PLAYGROUND: ":material/science:",
    ADMIN: ":material/admin_panel_settings:",
}
_NEEDS = {ADD: Role.EDITOR, ADMIN: Role.ADMIN}


def page(name: str, t: Translator, role: Role = Role.ADMIN) -> "Page":
    """A page that this role would be refused is not offered, but answers at its address with the reason."""
    return st.Page(
        FOLDER / f"{name}.py",
        title=t.text(f"nav.{name}"),
        icon=_ICONS[name],
        url_path=name,
        default=name == SOURCES,
        visibility="hidden" if name == SOURCE or role < _NEEDS.get(name, Role.VIEWER) else "visible",
    )


def pages(t: Translator, role: Role = Role.VIEWER) -> "dict[str, Page]":
    """All of them, in the order of the navigation."""
    return {name: page(name, t, role) for name in (SOURCES, ADD, HEALTH, PLAYGROUND, ADMIN, SOURCE)}


def open_source(reader: Reader, source_id: UUID) -> NoReturn:
    st.switch_page(str(FOLDER / "source.py"), query_params={"source": str(source_id), "org": reader.org})


def open_page(name: str) -> NoReturn:
    st.switch_page(str(FOLDER / f"{name}.py"))


def source_in_address() -> UUID | None:
    """The id in `?source=`, None without one. Raises NotFound for a malformed one."""
    asked = st.query_params.get("source")
    try:
        return UUID(asked) if asked else None
    except ValueError:
        raise NotFound() from None
