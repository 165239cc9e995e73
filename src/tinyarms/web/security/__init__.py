"""Who may ask for what: hosts, origins, tokens, roles, sessions, limits."""
