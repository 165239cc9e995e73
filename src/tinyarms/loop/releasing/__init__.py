"""Put a prompt version into production, keep comparing it, and roll it back."""
