"""What waits for a person: show it, approve it, refuse it, and hand it out as a patch."""
