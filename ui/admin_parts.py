"""What an administrator looks up, each part with the command that changes it."""

from collections.abc import Sequence

import streamlit as st

from core.i18n import Translator
from core.services.administration import SystemState
from core.services.alerts import Hook
from core.services.members import Member
from core.services.tokens import Token, TokenState
from ui import grid
from ui.widgets import facts, kind_name

PROGRAM = "python -m core"
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
STATE_COLOURS = {TokenState.VALID: "#27803A", TokenState.EXPIRED: "#5C6870", TokenState.REVOKED: "#C92A2A"}


def members(found: Sequence[Member], org: str, t: Translator) -> None:
    st.markdown(f"## {t.text('admin.members')}")
    columns = {name: grid.text(t.text(f"admin.members.{name}"), t) for name in ("name", "role")}
    rows = [(member.name, t.text(f"role.{member.role.label}")) for member in found]
    grid.grid(grid.frame_of(rows, columns), columns, t.text("admin.members"), t, key="members")
    _commands(t, f"{PROGRAM} users add NAME", f"{PROGRAM} members add {org} NAME ROLE", note="admin.members.note")


def tokens(found: Sequence[Token], org: str, t: Translator) -> None:
    st.markdown(f"## {t.text('admin.tokens')}")
    if found:
        columns = _token_columns(t)
        rows = [_token_row(token, t) for token in found]
        grid.grid(grid.frame_of(rows, columns), columns, t.text("admin.tokens"), t, key="tokens")
    else:
        st.caption(t.text("admin.tokens.none"))
    add = f"{PROGRAM} tokens add --org {org} --role analyst --days 90 --name NAME"
    _commands(t, add, f"{PROGRAM} tokens revoke ID", note="admin.tokens.note")


def hooks(found: Sequence[Hook], org: str, t: Translator) -> None:
    """Of an address the host alone: the rest of it is a secret."""
    st.markdown(f"## {t.text('admin.hooks')}")
    if found:
        widths = {"host": 170, "language": 80, "waiting": 90, "error": 230, "id": 310}
        columns = {name: grid.text(t.text(f"admin.hooks.{name}"), t, width=width) for name, width in widths.items()}
        rows = [_hook_row(hook, t) for hook in found]
        grid.grid(grid.frame_of(rows, columns), columns, t.text("admin.hooks"), t, key="hooks")
    else:
        st.caption(t.text("admin.hooks.none"))
    verbs = (f"{PROGRAM} alerts {verb} --org {org} ID" for verb in ("test", "remove"))
    _commands(t, f"{PROGRAM} alerts add --org {org} --url URL", *verbs, note="admin.hooks.note")


def system(found: SystemState, t: Translator) -> None:
    st.markdown(f"## {t.text('admin.system')}")
    with st.container(border=True, key="facts"):
        facts(_system_facts(found, t))
    _commands(t, f"{PROGRAM} db upgrade", f"{PROGRAM} db check", note="admin.system.note")


def _token_columns(t: Translator) -> dict[str, object]:
    def column(name: str, width: int) -> object:
        return grid.text(t.text(f"admin.tokens.{name}"), t, width=width)

    colours = {t.text(f"admin.tokens.{state.value}"): colour for state, colour in STATE_COLOURS.items()}
    return {
        "state": grid.pills(t.text("admin.tokens.state"), colours, width=90),
        "name": column("name", 150),
        "role": column("role", 140),
        "created": column("created", 120),
        "expires": column("expires", 120),
        "id": column("id", 300),
    }


def _token_row(token: Token, t: Translator) -> tuple[object, ...]:
    role = [t.text(f"role.{token.role.label}")] if token.role else []
    held = t.listed([*role, *token.scopes])
    state = [t.text(f"admin.tokens.{token.state.value}")]
    return state, token.name, held, t.date(token.created_at), t.date(token.expires_at), str(token.id)


def _hook_row(hook: Hook, t: Translator) -> tuple[object, ...]:
    return (
        hook.host,
        t.text(f"language.{hook.language}"),
        t.number(hook.waiting),
        _met(hook.last_error, t),
        str(hook.id),
    )


def _met(code: str | None, t: Translator) -> str:
    """What the last attempt met, in words."""
    if code is None:
        return ""
    name, _, status = code.partition("_")
    if name == "status":
        return t.text("alert.refused", status=int(status))
    return t.text("admin.hooks.unreached", code=code)


def _system_facts(found: SystemState, t: Translator) -> list[tuple[str, str]]:
    backend = DATABASES.get(found.database, found.database)
    versions = [(t.text(f"admin.system.version.{name}"), version) for name, version in found.versions.items()]
    return [
        (t.text("admin.system.database"), backend),
        (t.text("admin.system.migration"), found.migration),
        (t.text("admin.system.data_dir"), found.data_dir),
        *versions,
        (t.text("admin.system.kinds"), t.listed([kind_name(kind, t) for kind in found.kinds])),
        (t.text("admin.system.started"), t.datetime(found.started_at)),
    ]


def _commands(t: Translator, *lines: str, note: str) -> None:
    """Changing is done where the data directory is: a command to copy, and what its capitals stand for."""
    st.caption(t.text(note))
    st.code("\n".join(lines), language="bash", wrap_lines=True)
