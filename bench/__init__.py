"""The performance table: each goal against the limit measured beside it, interleaved in one run."""
