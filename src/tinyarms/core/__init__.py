"""Ground floor: errors, ids, clock. Imports nothing of tinyarms."""
