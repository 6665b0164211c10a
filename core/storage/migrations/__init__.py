"""Alembic migrations, run by the start-up and by `python -m core db upgrade`."""
