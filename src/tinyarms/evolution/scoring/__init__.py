"""How candidates are scored, compared and given calls."""
