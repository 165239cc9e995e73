"""Tell people what the daemon needs of them or has done."""
