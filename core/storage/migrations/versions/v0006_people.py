"""Accounts, invitations, sessions that can be listed, tokens' last use, address lists, audit."""

import sqlalchemy as sa
from alembic import op

from core.storage.append_only import make_append_only

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _people()
    _sessions()
    _invitations()
    op.add_column("tokens", sa.Column("last_used_at", sa.DateTime(), nullable=True))
    op.add_column("tokens", sa.Column("created_by", sa.Text(), nullable=True))
    op.add_column("organisations", sa.Column("egress_revision", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "egress_entries",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("entry", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisations.id"], name=op.f("fk_egress_entries_org_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("org_id", "entry", name=op.f("pk_egress_entries")),
    )
    _answers_kept()
    _audit()


def _people() -> None:
    op.add_column("users", sa.Column("disabled_at", sa.DateTime(), nullable=True))
    op.add_column("memberships", sa.Column("origin", sa.String(length=16), nullable=False, server_default="local"))
    op.create_table(
        "identities",
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_identities_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_identities")),
    )
    op.create_index(op.f("ix_identities_user_id"), "identities", ["user_id"])
    op.create_table(
        "password_links",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_password_links_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_password_links")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_password_links_code_hash")),
    )


def _sessions() -> None:
    # Those of before have no id to be listed by: everybody signs in once more.
    op.execute(sa.delete(sa.table("browser_sessions")))
    op.add_column("browser_sessions", sa.Column("uid", sa.Uuid(), nullable=True))
    op.add_column("browser_sessions", sa.Column("address", sa.String(length=64), nullable=True))
    op.add_column("browser_sessions", sa.Column("agent", sa.String(length=200), nullable=True))
    op.add_column("browser_sessions", sa.Column("seen_at", sa.DateTime(), nullable=True))
    method = sa.Column("method", sa.String(length=16), nullable=False, server_default="password")
    op.add_column("browser_sessions", method)
    op.create_index(op.f("ix_browser_sessions_uid"), "browser_sessions", ["uid"], unique=True)
    op.create_table(
        "sign_on_attempts",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_sign_on_attempts")),
    )
    op.create_index(op.f("ix_sign_on_attempts_expires_at"), "sign_on_attempts", ["expires_at"])


def _invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("invited_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.Column("used_by", sa.Text(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisations.id"], name=op.f("fk_invitations_org_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("uid", name=op.f("uq_invitations_uid")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_invitations_code_hash")),
    )
    op.create_index(op.f("ix_invitations_org_id"), "invitations", ["org_id"])


def _answers_kept() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("source_uid", sa.Uuid(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisations.id"], name=op.f("fk_idempotency_keys_org_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ts", sa.DateTime(), nullable=False),
        sa.Column("org", sa.String(length=63), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("target_id", sa.String(length=64), nullable=True),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_org_id", "audit", ["org", "id"])
    make_append_only(op.get_bind(), "audit")
