"""The ladder of checks that tells what exactly is wrong with a source."""
