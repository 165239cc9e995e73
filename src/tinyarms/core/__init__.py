"""The ground floor: settings, errors, ids, the clock. Imports nothing else of tinyarms."""
