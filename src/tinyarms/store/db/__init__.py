"""The database: tables, migrations, records and repositories."""
