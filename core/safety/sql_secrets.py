"""Where a PostgreSQL server keeps passwords and what other people ask it."""

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from core.safety.sql_tokens import Kind, Token, word_set

_TABLES = word_set(
    "pg_authid pg_shadow pg_user_mapping pg_user_mappings _pg_user_mappings user_mapping_options pg_subscription"
    " pg_hba_file_rules pg_ident_file_mappings pg_file_settings pg_stat_wal_receiver pg_stat_subscription"
    " pg_stat_statements pg_foreign_server _pg_foreign_servers foreign_server_options pg_largeobject pg_statistic"
    " pg_statistic_ext_data"
)
_SETTINGS = word_set("primary_conninfo ssl_passphrase_command archive_command restore_command")
_STRICT = word_set("pg_settings pg_show_all_settings")
_READER = "current_setting"
_ACTIVITY = "pg_stat_activity"
_ACTIVITY_COLUMNS = word_set(
    "datid datname pid leader_pid usesysid usename application_name client_addr client_hostname client_port"
    " backend_start xact_start query_start state_change wait_event_type wait_event state backend_xid backend_xmin"
    " query_id backend_type"
)


def secret(name: str, *, strict: bool = False) -> bool:
    """Whether this decoded name is one of the server's secrets. Whoever may read all settings sees more of them."""
    return name in _TABLES or name in _SETTINGS or (strict and name in _STRICT)


def hidden_setting(found: Sequence[Token], position: int) -> str:
    """What must not be shown of a call of `current_setting` at `position`: empty where one harmless setting is named.

    The name must be one plain literal: what an expression makes of it, only the server knows.
    """
    if found[position].value != _READER:
        return ""
    opened, name, after = (*found[position + 1 : position + 4], *[None] * 3)[:3]
    plain = name is not None and name.kind is Kind.STRING and name.text == f"'{name.value}'" and "'" not in name.value
    if not (opened and opened.is_mark("(") and plain and after and after.is_mark(")", ",")):
        return _READER
    return name.value if name and name.value.lower() in _SETTINGS else ""


def shows_queries(tree: exp.Expr, names: frozenset[str]) -> bool:
    """Whether the text of other people's queries could come out: the column, a star, or whole rows of the view.

    `names` are all decoded names of the statement, `tree` is its parsed form.
    """
    if _ACTIVITY not in names:
        return False
    views = [table for table in tree.find_all(exp.Table) if table.name == _ACTIVITY]
    if "query" in names or any(view.args["alias"].columns for view in views if view.args.get("alias")):
        return True
    if any(not isinstance(star.parent, exp.Count) for star in tree.find_all(exp.Star)):
        return True
    if any(group.alias and _is_joined(group) for group in tree.find_all(exp.Subquery)):
        return True
    rows = {_ACTIVITY, *(view.alias_or_name for view in views)}
    return any(_takes_row(column, rows) for column in tree.find_all(exp.Column))


def _is_joined(group: exp.Subquery) -> bool:
    """`(a CROSS JOIN b) AS both`, whatever `a` is: the name means whole rows of either."""
    inside: Any = group
    while isinstance(inside, exp.Subquery):
        if inside.args.get("joins"):
            return True
        inside = inside.this
    return isinstance(inside, exp.Table)


def _takes_row(column: exp.Column, rows: set[str]) -> bool:
    """`a` alone is a whole row of `a`, and `a.to_json` is the function `to_json` of one."""
    return column.name in rows or (column.table in rows and column.name not in _ACTIVITY_COLUMNS)
