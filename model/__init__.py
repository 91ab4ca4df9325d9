"""What a stance is, and how a text becomes one. Start at `model.classifier.StanceClassifier`."""
