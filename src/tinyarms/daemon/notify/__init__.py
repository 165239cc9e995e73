"""Tell people what the daemon has done, or what it needs from them."""
