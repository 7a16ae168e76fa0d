"""`python -m worldprobe.cli`."""

from worldprobe.cli import main

main()
