"""One repository for each kind of row, on the connection of a unit of work. None commits."""
