"""`python -m worldprobe`: the command line."""

from worldprobe.cli import main

if __name__ == "__main__":
    main()
