"""`make demo`: a real PostgreSQL with data, an organisation with sources, and the dashboard on top."""
