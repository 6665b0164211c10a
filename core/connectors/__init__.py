"""Connectors: one abstract contract, one registry, one file for each kind of source (in `kinds/`)."""
