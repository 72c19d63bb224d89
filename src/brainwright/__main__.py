"""`python -m brainwright` is the command line."""

import sys

from brainwright.cli import main

if __name__ == "__main__":
    sys.exit(main())
