"""The parts of the REST kind: the service asked, its answers as tables, what it holds, its ladder."""
