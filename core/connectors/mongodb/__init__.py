"""The parts of the `mongodb` kind."""
