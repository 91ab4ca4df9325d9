"""The command line, the REST service and the scoring of dumps, on top of `model`."""
