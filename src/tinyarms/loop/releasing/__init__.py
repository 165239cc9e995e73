"""Put a prompt version into production, keep comparing it, and take it back."""
