"""What serves the organisation: database, keys, checks, Redis, versions; and what is out of reach."""

import streamlit as st

from core.i18n import Translator
from core.services.administration import SystemState
from ui.runtime import run, runtime
from ui.session import Reader
from ui.widgets import facts, kind_name

PROGRAM = "python -m core"
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def system(person: Reader, t: Translator) -> None:
    found = run(runtime().administration.system(person.actor, person.org))
    troubles = runtime().troubles
    _health(troubles, t)
    with st.container(border=True, key="facts"):
        facts(_facts(found, troubles, t))
    st.caption(t.text("admin.system.note"))
    st.code("\n".join(f"{PROGRAM} {verb}" for verb in ("doctor", "db upgrade", "db check")), language="bash")


def _health(troubles: tuple[str, ...], t: Translator) -> None:
    """Whether anything is degraded; what that means stands above every page."""
    with st.container(border=True, key="why_error_parts" if troubles else "why_healthy_parts"):
        if troubles:
            away = t.listed([t.text(f"admin.system.part.{part}") for part in troubles])
            st.markdown(f"**{t.text('admin.system.degraded', parts=away)}**")
        else:
            st.markdown(f"**{t.text('admin.system.whole')}**")


def _facts(found: SystemState, troubles: tuple[str, ...], t: Translator) -> list[tuple[str, str]]:
    versions = [(t.text(f"admin.system.version.{name}"), version) for name, version in found.versions.items()]
    redis = "degraded" if "redis" in troubles else "reachable"
    return [
        (t.text("admin.system.database"), DATABASES.get(found.database, found.database)),
        (t.text("admin.system.migration"), found.migration),
        (t.text("admin.system.redis"), t.text(f"admin.system.redis.{redis if found.redis else 'absent'}")),
        (t.text("admin.system.checks"), _checks(found, t)),
        (t.text("admin.system.keys"), t.listed(found.keys) if found.keys else t.text("admin.system.keys.none")),
        (t.text("admin.system.data_dir"), found.data_dir),
        *versions,
        (t.text("admin.system.kinds"), t.listed([kind_name(kind, t) for kind in found.kinds])),
        (t.text("admin.system.started"), t.datetime(found.started_at)),
    ]


def _checks(found: SystemState, t: Translator) -> str:
    if found.checks != "worker":
        return t.text(f"admin.system.checks.{found.checks}")
    return t.plural("admin.system.checks.worker", found.workers or 0)
