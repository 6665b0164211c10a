"""The tables of saved queries and of what was run, beside those of `core.storage.tables`."""

import sqlalchemy as sa

from core.storage.tables import GROWING, Moment, metadata

__all__ = ["metadata", "sample_runs", "saved_queries"]

saved_queries = sa.Table(
    "saved_queries",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("uid", sa.Uuid, nullable=False, unique=True),
    sa.Column("org_id", sa.Integer, sa.ForeignKey("organisations.id", ondelete="CASCADE"), nullable=False),
    sa.Column("source_id", sa.Integer, sa.ForeignKey("sources.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("name_folded", sa.Text, nullable=False),
    sa.Column("params", sa.JSON, nullable=False),
    sa.Column("parameters", sa.JSON, nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False),
    # Whoever saved it, as the trail names them: a program's token may do so too.
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("requested_by", sa.Text),
    sa.Column("requested_at", Moment),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", Moment),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.UniqueConstraint("org_id", "name_folded"),
)
sample_runs = sa.Table(
    "sample_runs",
    metadata,
    # The newest ones of each person. Of an answer only how much there was.
    sa.Column("id", GROWING, primary_key=True),
    sa.Column("org_id", sa.Integer, sa.ForeignKey("organisations.id", ondelete="CASCADE"), nullable=False),
    sa.Column("source_id", sa.Integer, sa.ForeignKey("sources.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("ts", Moment, nullable=False),
    sa.Column("params", sa.JSON(none_as_null=True)),
    sa.Column("code", sa.String(64)),
    sa.Column("rows", sa.Integer),
    sa.Column("latency_ms", sa.Float),
    sa.Index("ix_sample_runs_org_id_actor", "org_id", "actor", "id"),
)
