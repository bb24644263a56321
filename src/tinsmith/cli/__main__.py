"""`python -m tinsmith.cli`."""

from tinsmith.cli import main

main()
