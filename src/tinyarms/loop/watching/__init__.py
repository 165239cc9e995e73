"""Watch the skills and say what happens next to each."""
