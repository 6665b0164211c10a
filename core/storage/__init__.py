"""The application's own database: tables, migrations, repositories, and configurations under envelope encryption."""
