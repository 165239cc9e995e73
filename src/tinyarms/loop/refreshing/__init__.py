"""Give the prompt in production a memory of the present examples, after a gate of its own."""
