"""`python -m core …`: the command line."""

from core.cli import main
from core.logs import catch_uncaught

if __name__ == "__main__":
    catch_uncaught()
    main()
