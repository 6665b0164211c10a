"""The last ladder of each source, and the last one that held."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ladders",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("last", sa.JSON(), nullable=False),
        sa.Column("last_at", sa.DateTime(), nullable=False),
        sa.Column("good", sa.JSON(), nullable=True),
        sa.Column("good_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_ladders_source_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_ladders")),
    )
