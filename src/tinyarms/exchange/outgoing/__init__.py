"""What goes out to other tools, in their formats. Pure: texts and rows, no files."""
