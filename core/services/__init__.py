"""What pages, HTTP and command line call. Plain values and an actor in, frozen dataclasses out."""
