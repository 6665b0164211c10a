"""What people say about a source to whoever looks at it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, kind in (
        ("note_text", sa.Text()),
        ("note_author", sa.Text()),
        ("note_ts", sa.DateTime()),
        ("note_until", sa.DateTime()),
    ):
        op.add_column("sources", sa.Column(name, kind, nullable=True))
