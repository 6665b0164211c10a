"""Which password a container's file set last: one that a person chose since stays, and another file counts."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("file_password_hash", sa.Text(), nullable=True))
