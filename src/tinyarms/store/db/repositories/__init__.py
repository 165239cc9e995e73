"""One class for each kind of row, over the connection of a unit of work. None commits."""
