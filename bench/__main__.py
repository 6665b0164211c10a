"""`python -m bench [NAME]`: measures every goal, or the one of that name, and prints a line for each."""

import sys

from bench import guarding
from bench.measure import run


def main(wanted: str | None) -> int:
    """0, or 2 for a name that no goal has: a table says what is so, a busy machine is no failure."""
    goals = [goal for goal in guarding.GOALS if wanted in (None, goal.name)]
    if not goals:
        print(f"No goal is called {wanted}.", file=sys.stderr)
        return 2
    for goal in goals:
        print(run(goal), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else None))
