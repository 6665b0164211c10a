"""The tables. Migrations make them; `Database.check` finds any difference between the two."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = sa.MetaData(naming_convention=NAMES)


class Moment(TypeDecorator[datetime]):
    """A point in time: aware in Python, UTC without a zone in the database (SQLite keeps no zone)."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


GROWING = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""The key of rows that come and go without end. An integer of SQLite's has 64 bits anyway."""


def _owner(name: str, target: str, **options: Any) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, sa.ForeignKey(target, ondelete="CASCADE"), **options)


organisations = sa.Table(
    "organisations",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("slug", sa.String(63), nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    # How often its list of addresses was set: every process sees by it that there is something to read.
    sa.Column("egress_revision", sa.Integer, nullable=False, server_default="0"),
    # Which samples may run: `open`, or `approved_only`.
    sa.Column("sample_policy", sa.String(16), nullable=False, server_default="open"),
)
users = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("name_folded", sa.Text, nullable=False, unique=True),
    sa.Column("password_hash", sa.Text),
    sa.Column("server_admin", sa.Boolean, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("disabled_at", Moment),
    # Of the password that CHESHMEH_ADMIN_PASSWORD_FILE set last.
    sa.Column("file_password_hash", sa.Text),
)
identities = sa.Table(
    "identities",
    metadata,
    # Who an identity provider says somebody is: its subject, never a name or an address that may be given on.
    sa.Column("issuer", sa.String(255), primary_key=True),
    sa.Column("subject", sa.String(255), primary_key=True),
    _owner("user_id", "users.id", nullable=False, index=True),
    sa.Column("created_at", Moment, nullable=False),
)
memberships = sa.Table(
    "memberships",
    metadata,
    _owner("user_id", "users.id", primary_key=True),
    _owner("org_id", "organisations.id", primary_key=True),
    sa.Column("role", sa.String(16), nullable=False),
    # `local`, or `oidc`: given by an identity provider's groups, and taken again with them.
    sa.Column("origin", sa.String(16), nullable=False, server_default="local"),
)
browser_sessions = sa.Table(
    "browser_sessions",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    _owner("user_id", "users.id", nullable=False, index=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("uid", sa.Uuid),
    sa.Column("address", sa.String(64)),
    sa.Column("agent", sa.String(200)),
    sa.Column("seen_at", Moment),
    # `password`, or `oidc`: who is signed out there has to be signed out at the provider as well.
    sa.Column("method", sa.String(16), nullable=False, server_default="password"),
    sa.Index("ix_browser_sessions_uid", "uid", unique=True),
)
sign_on_attempts = sa.Table(
    "sign_on_attempts",
    metadata,
    # A sign-in that is under way at an identity provider; it goes when its browser comes back.
    sa.Column("secret_hash", sa.String(64), primary_key=True),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("expires_at", Moment, nullable=False, index=True),
)
setup_links = sa.Table(
    "setup_links",
    metadata,
    sa.Column("code_hash", sa.String(64), primary_key=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("used_at", Moment),
)
password_links = sa.Table(
    "password_links",
    metadata,
    # One a person, by which they set a new password: the newest counts, and it goes when it is used.
    _owner("user_id", "users.id", primary_key=True),
    sa.Column("code_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
)
invitations = sa.Table(
    "invitations",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("uid", sa.Uuid, nullable=False, unique=True),
    sa.Column("code_hash", sa.String(64), nullable=False, unique=True),
    _owner("org_id", "organisations.id", nullable=False, index=True),
    sa.Column("role", sa.String(16), nullable=False),
    # For whom it is, in the words of whoever invited.
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("invited_by", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("used_at", Moment),
    sa.Column("used_by", sa.Text),
    sa.Column("revoked_at", Moment),
)
tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("uid", sa.Uuid, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    _owner("org_id", "organisations.id"),
    sa.Column("role", sa.String(16)),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("revoked_at", Moment),
    sa.Column("last_used_at", Moment),
    sa.Column("created_by", sa.Text),
)
egress_entries = sa.Table(
    "egress_entries",
    metadata,
    # The hosts, addresses and networks that an organisation's sources may lie in; none: every one that is not denied.
    _owner("org_id", "organisations.id", primary_key=True),
    sa.Column("entry", sa.String(255), primary_key=True),
)
idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    # Of who asked, where, and the key that they chose.
    sa.Column("key_hash", sa.String(64), primary_key=True),
    _owner("org_id", "organisations.id", nullable=False),
    sa.Column("body_hash", sa.String(64), nullable=False),
    sa.Column("source_uid", sa.Uuid, nullable=False),
    sa.Column("answer", sa.JSON, nullable=False),
    sa.Column("created_at", Moment, nullable=False, index=True),
)
sources = sa.Table(
    "sources",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("uid", sa.Uuid, nullable=False, unique=True),
    _owner("org_id", "organisations.id", nullable=False),
    # Text without a check constraint: a new kind needs no migration.
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("name_folded", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("tags", sa.JSON, nullable=False),
    sa.Column("kek_id", sa.Text, nullable=False),
    sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
    sa.Column("ciphertext", sa.LargeBinary, nullable=False),
    sa.Column("config_version", sa.Integer, nullable=False),
    sa.Column("check_interval_s", sa.Float),
    sa.Column("paused", sa.Boolean, nullable=False),
    sa.Column("maintenance_from", Moment),
    sa.Column("maintenance_until", Moment),
    # What a person says to whoever looks at the source; all but `until` are there or none is.
    sa.Column("note_text", sa.Text),
    sa.Column("note_author", sa.Text),
    sa.Column("note_ts", Moment),
    sa.Column("note_until", Moment),
    sa.Column("failure_threshold", sa.Integer, nullable=False),
    sa.Column("timeout_seconds", sa.Float, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.UniqueConstraint("org_id", "name_folded"),
    # Without this SQLite hands a deleted row's key to the next one, and old permits would find a new source.
    sqlite_autoincrement=True,
)
source_status = sa.Table(
    "source_status",
    metadata,
    _owner("source_id", "sources.id", primary_key=True),
    # Counts the writes; with the writer's number it tells a process whether it knows what is stored.
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("writer", sa.Integer, nullable=False),
    sa.Column("calls_total", sa.BigInteger, nullable=False),
    sa.Column("errors_total", sa.BigInteger, nullable=False),
    sa.Column("rejected_total", sa.BigInteger, nullable=False),
    sa.Column("avg_latency_ms", sa.Float),
    sa.Column("avg_ts", Moment),
    sa.Column("latency_sum_ms", sa.Float, nullable=False),
    # The latencies of the last ten minutes, and those of all time.
    sa.Column("histogram", sa.LargeBinary, nullable=False),
    sa.Column("lifetime", sa.LargeBinary, nullable=False),
    sa.Column("last_ok_ts", Moment),
    sa.Column("last_err_ts", Moment),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("state_since", Moment),
    sa.Column("evidence", sa.String(16)),
    sa.Column("evidence_ts", Moment),
    sa.Column("evidence_by", sa.String(16)),
    # How many proofs in a row said so (below zero: that it is broken), and since when an incident is open.
    sa.Column("streak", sa.Integer, nullable=False),
    sa.Column("trouble_since", Moment),
    sa.Column("diagnosis", sa.JSON(none_as_null=True)),
    sa.Column("message", sa.JSON(none_as_null=True)),
    sa.Column("updated_at", Moment, nullable=False),
)
events = sa.Table(
    "events",
    metadata,
    sa.Column("id", GROWING, primary_key=True),
    _owner("source_id", "sources.id", nullable=False),
    sa.Column("ts", Moment, nullable=False),
    sa.Column("type", sa.String(32), nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Index("ix_events_source_id_ts", "source_id", "ts"),
)
breaker_holds = sa.Table(
    "breaker_holds",
    metadata,
    # One row a source, a reset too: other processes learn of it by the revision, which only grows.
    _owner("source_id", "sources.id", primary_key=True),
    sa.Column("action", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("ts", Moment, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
)
ladders = sa.Table(
    "ladders",
    metadata,
    _owner("source_id", "sources.id", primary_key=True),
    sa.Column("last", sa.JSON, nullable=False),
    sa.Column("last_at", Moment, nullable=False),
    sa.Column("good", sa.JSON(none_as_null=True)),
    sa.Column("good_at", Moment),
)


def _history(tier: str) -> sa.Table:
    """Stretches of one length, in the order of time: so new ones fill page after page, and old ones go page by page.

    At 1,000 sources every byte counts: seconds and microseconds are integers, and no foreign key is looked up a row.
    What deleted sources leave behind goes once a day (their keys are never given again).
    """
    return sa.Table(
        f"history_{tier}",
        metadata,
        sa.Column("ts", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("source_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("writer", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("errors", sa.Integer, nullable=False),
        sa.Column("rejected", sa.Integer, nullable=False),
        sa.Column("latency_us", sa.BigInteger, nullable=False),
        sa.Column("histogram", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )


HISTORY = {tier: _history(tier) for tier in ("5m", "1h", "1d")}
"""By the name of the tier, finest first."""
history_marks = sa.Table(
    "history_marks",
    metadata,
    # Up to this moment (seconds since 1970) the tier holds everything that the next finer one does.
    sa.Column("tier", sa.String(2), primary_key=True),
    sa.Column("until", sa.Integer, nullable=False),
    # Counts the stretches that came after their time: whoever rolls up sees that it has to look again.
    sa.Column("late", sa.Integer, nullable=False),
)
writers = sa.Table(
    "writers",
    metadata,
    # One row a process that wrote history: its number keeps its stretches apart from everybody else's.
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("started_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)
incidents = sa.Table(
    "incidents",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("uid", sa.Uuid, nullable=False, unique=True),
    _owner("org_id", "organisations.id", nullable=False),
    # What its sources have in common: `source`, `host`, `certificate` or `class`, and which one.
    sa.Column("cause", sa.String(16), nullable=False),
    sa.Column("cause_key", sa.Text, nullable=False),
    sa.Column("code", sa.String(64), nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("joined_at", Moment, nullable=False),
    sa.Column("closed_at", Moment),
    sa.Index("ix_incidents_org_id_opened_at", "org_id", "opened_at"),
)
incident_sources = sa.Table(
    "incident_sources",
    metadata,
    _owner("incident_id", "incidents.id", primary_key=True),
    _owner("source_id", "sources.id", primary_key=True),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("closed_at", Moment),
    # The failure that counts: the first one, or that with which it came back.
    sa.Column("failed_at", Moment, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("diagnosis", sa.JSON(none_as_null=True)),
    sa.Index("ix_incident_sources_source_id", "source_id"),
)
alert_hooks = sa.Table(
    "alert_hooks",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("uid", sa.Uuid, nullable=False, unique=True),
    _owner("org_id", "organisations.id", nullable=False, index=True),
    # The address and the signing secret are sealed as a source's configuration is.
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("language", sa.String(5), nullable=False),
    sa.Column("kek_id", sa.Text, nullable=False),
    sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
    sa.Column("ciphertext", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
)
alert_deliveries = sa.Table(
    "alert_deliveries",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("uid", sa.Uuid, nullable=False, unique=True),
    _owner("hook_id", "alert_hooks.id", nullable=False),
    _owner("incident_id", "incidents.id", nullable=False, index=True),
    # `opened` or `closed`: once each.
    sa.Column("moment", sa.String(8), nullable=False),
    # None once there is nothing left to do: it was delivered, or given up.
    sa.Column("due_at", Moment, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("delivered_at", Moment),
    sa.Column("last_error", sa.String(64)),
    sa.UniqueConstraint("hook_id", "incident_id", "moment"),
)
audit = sa.Table(
    "audit",
    metadata,
    # The database itself refuses to change or delete a row. Nothing here points at another table: what was done
    # stays known when whoever did it, and what it was done to, are gone.
    sa.Column("id", GROWING, primary_key=True),
    sa.Column("ts", Moment, nullable=False),
    # The organisation's slug; None for what concerns the whole installation.
    sa.Column("org", sa.String(63)),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("address", sa.String(64)),
    sa.Column("action", sa.String(64), nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("target_id", sa.String(64)),
    sa.Column("before", sa.JSON(none_as_null=True)),
    sa.Column("after", sa.JSON(none_as_null=True)),
    sa.Index("ix_audit_org_id", "org", "id"),
    sqlite_autoincrement=True,
)
