"""Decision rules: each says when a live test is decided, and for whom."""
