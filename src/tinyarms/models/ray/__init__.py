"""A fleet: a pool of Ray actors, each with a model of its own."""
