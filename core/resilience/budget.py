"""A source's allowance for retries, so that many callers of one source in trouble do not triple its load.

The same bucket as in the AWS SDKs' "standard" retry mode (5 a retry, 10 after a timeout, given back on success), with
100 tokens instead of 500: theirs serves all calls of a process, this one those of a single source.
"""

from core.errors import SourceTimeout

CAPACITY = 100
RETRY_TOKENS = 5
TIMEOUT_TOKENS = 10
SUCCESS_TOKENS = 1
"""What a call that needed no retry gives back."""


class RetryBudget:
    """A bucket of tokens, full at first. Lives on one event loop."""

    __slots__ = ("_capacity", "tokens")

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = self.tokens = capacity

    def take(self, tokens: int) -> bool:
        """Whether there were as many; then they are gone."""
        if tokens > self.tokens:
            return False
        self.tokens -= tokens
        return True

    def give_back(self, tokens: int) -> None:
        if self.tokens < self._capacity:
            self.tokens = min(self._capacity, self.tokens + tokens)


def tokens_for(err: Exception) -> int:
    """What another attempt after this error costs: a source that lets us wait is closer to its end."""
    return TIMEOUT_TOKENS if isinstance(err, SourceTimeout | TimeoutError) else RETRY_TOKENS
