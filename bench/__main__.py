"""`python -m bench [NAME]`: measures every goal, or the one of that name, and prints a line for each."""

import sys

from bench import (
    growth,
    guarding,
    history,
    pages,
    percentiles,
    pinging,
    postgres,
    previewing,
    sampling,
    scheduling,
    sessions,
    start,
)
from bench.measure import run

MODULES = (
    *(guarding, pinging, growth, percentiles, postgres, sampling, previewing),
    *(history, pages, sessions, start),
)


def main(wanted: str | None) -> int:
    """0, or 2 for a name that no goal has: a table says what is so, a busy machine is no failure."""
    contests = [
        contest
        for module in MODULES
        for contest in module.CONTESTS
        if wanted is None or wanted in {goal.name for goal in contest.goals}
    ]
    # P14 runs by the clock for some ten minutes, and prints a table of its own.
    whole = wanted in (None, scheduling.GOAL)
    if not contests and not whole:
        print(f"No goal is called {wanted}.", file=sys.stderr)
        return 2
    for contest in contests:
        for result in run(contest):
            if wanted in (None, result.goal.name):
                print(result, flush=True)
    return scheduling.main(scheduling.SECONDS, scheduling.SOURCES) if whole else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else None))
