"""Ours: python -m benchmarks.contenders.ours ENGINE."""

import sys

from benchmarks.contenders.protocol import serve
from model.classifier import StanceClassifier

if __name__ == "__main__":
    classifier = StanceClassifier.load(engine=sys.argv[1])
    serve(lambda texts: [prediction.label.value for prediction in classifier.classify(texts)])
