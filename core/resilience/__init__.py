"""Deadline, retry and circuit breaker: small parts that know nothing of sources. `core.guarded` puts them in order."""
