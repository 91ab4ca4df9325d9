"""Data, training, evaluation and promotion of models, on top of `model`."""
