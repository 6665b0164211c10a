"""By what a source's state was proven; what is stored before says nothing of it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("source_status", sa.Column("evidence_by", sa.String(16), nullable=True))
