"""The seven figures of a source, and the mergeable histogram behind its percentiles."""
