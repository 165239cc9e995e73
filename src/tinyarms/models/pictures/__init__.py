"""Pictures for models: opened by Pillow, and read on this machine (the extra `images`)."""
