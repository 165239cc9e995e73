"""Memory: tables, repositories, migrations, prompt files, YAML edits, the project's config."""
