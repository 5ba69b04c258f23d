"""``python -m outlive``: the command `outlive`."""

from .cli import main

if __name__ == "__main__":
    main()
