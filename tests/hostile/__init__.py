"""Answers that mean harm, and what they cost: each is asked for by a process of its own, whose memory is measured."""
