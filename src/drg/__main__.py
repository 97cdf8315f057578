"""``python -m drg``: the same as the command ``drg``."""

from drg.cli.main import main

if __name__ == "__main__":
    main()
