"""One file for each kind of source. Kinds know nothing of each other."""
