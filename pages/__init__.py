"""One file a page: inputs, one service call, output."""
