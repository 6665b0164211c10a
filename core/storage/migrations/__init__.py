"""Alembic migrations, run by the start-up and by `python -m core db upgrade`."""

HEAD = "0010"
"""The newest migration, written down so that a start with nothing to migrate need not load Alembic (0.2 to 0.5 s)."""
