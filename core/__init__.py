"""The engine of Cheshmeh: connectors, resilience, figures, storage, access, services. It knows no user interface."""

__version__ = "0.1.0"
