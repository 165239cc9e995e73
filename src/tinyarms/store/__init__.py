"""Storage: the database, prompt files, YAML edits, the project's config."""
