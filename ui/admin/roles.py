"""Roles: chosen with what each of them lets somebody do, and their colours in tables."""

from typing import Any

import streamlit as st

from core.i18n import Translator
from core.models import Role
from ui import grid, state

COLOURS = {Role.VIEWER: "#5C6870", Role.ANALYST: "#0B7285", Role.EDITOR: "#336791", Role.ADMIN: "#6741D9"}


def role_choice(t: Translator, key: str, chosen: Role = Role.ANALYST) -> Role:
    role = st.selectbox(
        t.text("input.role"),
        list(Role),
        list(Role).index(chosen),
        format_func=lambda role: t.text(f"role.{role.label}"),
        key=state.in_words(key, t.lang),
    )
    wanted = role or chosen
    st.caption(t.text(f"admin.role.{wanted.label}"))
    return wanted


def role_pills(t: Translator, label: str, width: int) -> Any:
    return grid.pills(label, {t.text(f"role.{role.label}"): colour for role, colour in COLOURS.items()}, width=width)
