"""Scheduled checks: planned by evidence, in this process or by workers."""
