"""The HTTP interface: the same services as the pages, spoken to by programs."""
