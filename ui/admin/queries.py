"""Which samples may run, and the saved queries that wait for a yes or have one."""

from uuid import UUID

import streamlit as st

from core.i18n import Translator
from core.models import QueryStatus, SamplePolicy, SavedQuery
from ui import asking, grid, params, rows, state
from ui.refusals import refusals_shown
from ui.runtime import run, runtime
from ui.session import Reader, reader
from ui.widgets import plain

NAME = "queries"
POLICY_MADE_OF = "admin_policy_made_of"
WIDTHS = {"name": 240, "source": 180, "owner": 150, "status": 140}
NOTHING_TO_REVOKE = (QueryStatus.DRAFT, QueryStatus.REVOKED)
FIRST = (QueryStatus.REQUESTED, QueryStatus.APPROVED, QueryStatus.DRAFT, QueryStatus.REVOKED)


def queries(person: Reader, t: Translator) -> None:
    listed = run(runtime().queries.list(person.actor, person.org))
    found = {query.id: query for query in sorted(listed, key=lambda query: FIRST.index(query.status))}
    match rows.pressed(NAME, "approve", "revoke"):
        case (("approve" | "revoke") as action, query_id) if query_id in found:
            asking.ask(f"query_{action}", found[query_id])
    asking.show({"query_approve": _approve, "query_revoke": _revoke}, t, "large")
    _policy(person, t)
    _table(found, t)


def _policy(person: Reader, t: Translator) -> None:
    present = run(runtime().queries.policy(person.actor, person.org))
    choices, key = list(SamplePolicy), state.in_words("admin_policy", t.lang)
    if st.session_state.get(POLICY_MADE_OF) is not present:
        st.session_state.update({key: present, POLICY_MADE_OF: present})  # another administrator may have set it
    wanted = st.radio(
        t.text("admin.policy"),
        choices,
        choices.index(present),
        format_func=lambda policy: t.text(f"admin.policy.{policy}"),
        captions=[t.text(f"admin.policy.{policy}.body") for policy in choices],
        key=key,
    )
    same = wanted is present
    if st.button(t.text("admin.policy.save"), type="primary", disabled=same, key="policy_save") and not same:
        with refusals_shown("policy", t):
            run(runtime().queries.set_policy(person.actor, person.org, wanted.value))
            state.notify(t.text("admin.policy.saved"))
            st.rerun()


def _table(found: dict[UUID, SavedQuery], t: Translator) -> None:
    if not found:
        st.caption(t.text("admin.queries.none"))
        return
    columns = {name: grid.text(t.text(f"admin.queries.{name}"), t, width=width) for name, width in WIDTHS.items()}
    actions = {"approve": t.text("admin.queries.approve"), "revoke": t.text("admin.queries.revoke")}
    states = {key: query.status for key, query in found.items()}
    idle = {
        "approve": frozenset(key for key, status in states.items() if status is QueryStatus.APPROVED),
        "revoke": frozenset(key for key, status in states.items() if status in NOTHING_TO_REVOKE),
    }
    rows.table(NAME, columns, {key: _row(query, t) for key, query in found.items()}, t, actions, idle)


def _row(query: SavedQuery, t: Translator) -> tuple[str, ...]:
    return query.name, query.source_name, query.owner, t.text(f"queries.status.{query.status}")


def _approve(query: SavedQuery, t: Translator) -> None:
    """What is approved is what stands here: a version that came in between is not."""
    asking.consequence("ask.query_approve.body", t, name=query.name, source=query.source_name)
    _text(query, t)
    if asking.confirmed("query_approve", t.text("admin.queries.approve")):
        with refusals_shown("dialog", t):
            person = reader()
            run(runtime().queries.approve(person.actor, person.org, query.id, query.version))
            asking.answered(t.text("admin.queries.approved", name=query.name))


def _revoke(query: SavedQuery, t: Translator) -> None:
    asking.consequence("ask.query_revoke.body", t, name=query.name)
    _text(query, t)
    if asking.confirmed("query_revoke", t.text("admin.queries.revoke")):
        with refusals_shown("dialog", t):
            person = reader()
            run(runtime().queries.revoke(person.actor, person.org, query.id))
            asking.answered(t.text("admin.queries.revoked", name=query.name))


def _text(query: SavedQuery, t: Translator) -> None:
    st.code(params.written(query.params), language="json", wrap_lines=True)
    for name, wanted in query.parameters.items():
        st.caption(f"{t.isolated(plain(name))}: {t.text(f'queries.type.{wanted}')}")
