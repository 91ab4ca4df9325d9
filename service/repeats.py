"""Dumps repeat themselves (greetings, slogans, reposts): what was scored a short while ago is not scored again."""

from collections.abc import Sequence
from hashlib import blake2b

from cachetools import LRUCache

from model.classifier import StanceClassifier
from model.records import Prediction, TextInput

# Distinct texts remembered: about 50 MB.
REMEMBERED = 65_536


class RepeatScorer:
    """Classifies texts that bear no ids, those alike once."""

    def __init__(self, classifier: StanceClassifier) -> None:
        self._classifier = classifier
        self._remembered: LRUCache[bytes, Prediction] = LRUCache(REMEMBERED)

    def classify(self, texts: Sequence[TextInput]) -> list[Prediction]:
        """Return one prediction for each text, in the same order; raises as `StanceClassifier.classify`."""
        keys = [_key(item) for item in texts]
        known = {key: self._remembered[key] for key in keys if key in self._remembered}
        unknown = {key: item for key, item in zip(keys, texts, strict=True) if key not in known}
        known |= zip(unknown, self._classifier.classify(list(unknown.values())), strict=True)
        self._remembered.update(known)
        return [known[key] for key in keys]


def _key(item: TextInput) -> bytes:
    """A digest, since the texts themselves may be long; a text holds no NUL, so it ends where the context begins."""
    return blake2b(f"{item.text}\0{item.context or ''}".encode(errors="surrogatepass"), digest_size=16).digest()
