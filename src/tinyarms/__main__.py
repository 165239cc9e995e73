"""`python -m tinyarms` is the program `tinyarms`."""

from tinyarms.cli.start import main

main()
