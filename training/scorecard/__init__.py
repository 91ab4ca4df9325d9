"""`make evaluate`: everything that is claimed of a model, measured by one command."""
