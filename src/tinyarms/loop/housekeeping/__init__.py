"""Keep the database small and people informed."""
