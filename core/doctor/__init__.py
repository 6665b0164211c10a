"""The ladder of this installation: what `diagnose` is for a source. Nothing here changes anything."""
