"""Where the steps meet store and models: one use case a file."""
