"""History in tiers, incidents, alerts, maintenance; figures that several processes add to."""

import sqlalchemy as sa
from alembic import op

from core.storage.timescale import make_hypertable

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

DAY_S = 86_400
TIERS = {"5m": DAY_S, "1h": 30 * DAY_S, "1d": 365 * DAY_S}
"""What one piece of a hypertable spans, where there is TimescaleDB."""


def upgrade() -> None:
    _sources()
    _figures()
    for tier, piece_s in TIERS.items():
        _history(f"history_{tier}")
        make_hypertable(op.get_bind(), f"history_{tier}", "ts", piece_s)
    op.create_table(
        "history_marks",
        sa.Column("tier", sa.String(length=2), nullable=False),
        sa.Column("until", sa.Integer(), nullable=False),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tier", name=op.f("pk_history_marks")),
    )
    op.create_table(
        "writers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_writers")),
        sqlite_autoincrement=True,
    )
    _incidents()
    _alerts()


def _sources() -> None:
    op.add_column("sources", sa.Column("maintenance_from", sa.DateTime(), nullable=True))
    op.add_column("sources", sa.Column("maintenance_until", sa.DateTime(), nullable=True))


def _figures() -> None:
    op.add_column("source_status", sa.Column("seq", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("source_status", sa.Column("writer", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("source_status", sa.Column("latency_sum_ms", sa.Float(), nullable=False, server_default="0"))
    op.add_column("source_status", sa.Column("lifetime", sa.LargeBinary(), nullable=False, server_default=""))
    op.add_column("source_status", sa.Column("streak", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("source_status", sa.Column("trouble_since", sa.DateTime(), nullable=True))
    # The window of the last ten minutes was packed otherwise; it starts anew.
    status = sa.table("source_status", sa.column("histogram", sa.LargeBinary), sa.column("lifetime", sa.LargeBinary))
    op.execute(sa.update(status).values(histogram=b"", lifetime=b""))


def _history(name: str) -> None:
    op.create_table(
        name,
        sa.Column("ts", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("writer", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("latency_us", sa.BigInteger(), nullable=False),
        sa.Column("histogram", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("ts", "source_id", "writer", name=op.f(f"pk_{name}")),
        sqlite_with_rowid=False,
    )


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("cause_key", sa.Text(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("joined_at", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.id"], name=op.f("fk_incidents_org_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
        sa.UniqueConstraint("uid", name=op.f("uq_incidents_uid")),
    )
    op.create_index("ix_incidents_org_id_opened_at", "incidents", ["org_id", "opened_at"], unique=False)
    op.create_table(
        "incident_sources",
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("failed_at", sa.DateTime(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("diagnosis", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("fk_incident_sources_incident_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_incident_sources_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("incident_id", "source_id", name=op.f("pk_incident_sources")),
    )
    op.create_index("ix_incident_sources_source_id", "incident_sources", ["source_id"], unique=False)


def _alerts() -> None:
    op.create_table(
        "alert_hooks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("kek_id", sa.Text(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisations.id"], name=op.f("fk_alert_hooks_org_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_hooks")),
        sa.UniqueConstraint("uid", name=op.f("uq_alert_hooks_uid")),
    )
    op.create_index(op.f("ix_alert_hooks_org_id"), "alert_hooks", ["org_id"], unique=False)
    _deliveries()


def _deliveries() -> None:
    op.create_table(
        "alert_deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("hook_id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("moment", sa.String(length=8), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(), nullable=True),
        sa.Column("last_error", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["hook_id"], ["alert_hooks.id"], name=op.f("fk_alert_deliveries_hook_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("fk_alert_deliveries_incident_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_deliveries")),
        sa.UniqueConstraint("uid", name=op.f("uq_alert_deliveries_uid")),
        sa.UniqueConstraint(
            "hook_id", "incident_id", "moment", name=op.f("uq_alert_deliveries_hook_id_incident_id_moment")
        ),
    )
    op.create_index(op.f("ix_alert_deliveries_due_at"), "alert_deliveries", ["due_at"], unique=False)
    op.create_index(op.f("ix_alert_deliveries_incident_id"), "alert_deliveries", ["incident_id"], unique=False)
