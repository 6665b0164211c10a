"""The pages and the ways between them."""

from copy import copy
from functools import cache
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
FROM = "from"
"""Of the address of `ADD`: the source on whose pattern another is made."""
HEALTH, PLAYGROUND, ADMIN, ACCOUNT = "health", "playground", "admin", "account"
_ICONS = {
    SOURCES: ":material/database:",
    ADD: ":material/add_circle:",
    SOURCE: ":material/database:",
    HEALTH: ":material/monitoring:",
    PLAYGROUND: ":material/science:",
    ADMIN: ":material/admin_panel_settings:",
    ACCOUNT: ":material/account_circle:",
}
_NEEDS = {ADD: Role.EDITOR, ADMIN: Role.ADMIN}
_ELSEWHERE = (SOURCE, ACCOUNT)
"""Pages that a row of a table, or the menu of the person, leads to."""


def page(name: str, t: Translator, role: Role = Role.ADMIN, *, server_admin: bool = False) -> "Page":
    """A page that this role would be refused is not offered, but answers at its address with the reason."""
    refused = role < _NEEDS.get(name, Role.VIEWER) and not (name == ADMIN and server_admin)
    # A copy for each run: in it Streamlit notes which one is open.
    return copy(_made(name, t, hidden=name in _ELSEWHERE or refused))


@cache
def _made(name: str, t: Translator, *, hidden: bool) -> "Page":
    """Once: Streamlit looks the file of each up."""
    return st.Page(
        FOLDER / f"{name}.py",
        title=t.text(f"nav.{name}"),
        icon=_ICONS[name],
        url_path=name,
        default=name == SOURCES,
        visibility="hidden" if hidden else "visible",
    )


def pages(t: Translator, role: Role = Role.VIEWER, *, server_admin: bool = False) -> "dict[str, Page]":
    """All of them, in the order of the navigation."""
    names = (SOURCES, ADD, HEALTH, PLAYGROUND, ADMIN, SOURCE, ACCOUNT)
    return {name: page(name, t, role, server_admin=server_admin) for name in names}


def open_source(reader: Reader, source_id: UUID) -> NoReturn:
    st.switch_page(str(FOLDER / "source.py"), query_params={"source": str(source_id), "org": reader.org})


def open_clone(reader: Reader, source_id: UUID) -> NoReturn:
    st.switch_page(str(FOLDER / "add.py"), query_params={FROM: str(source_id), "org": reader.org})


def open_page(name: str) -> NoReturn:
    st.switch_page(str(FOLDER / f"{name}.py"))


def source_in_address() -> UUID | None:
    """The id in `?source=`, None without one. Raises NotFound for a malformed one."""
    return id_in_address("source")


def id_in_address(name: str) -> UUID | None:
    """The id under this name, None without one. Raises NotFound for a malformed one."""
    asked = st.query_params.get(name)
    try:
        return UUID(asked) if asked else None
    except ValueError:
        raise NotFound() from None
