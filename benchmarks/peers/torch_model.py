"""The network as the peers' documentation wraps one: tokenizer, padded batch, PyTorch. float32 unless AMX is there."""

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from benchmarks.places import MODEL


class TorchModel:
    def __init__(self) -> None:
        # Without AMX, PyTorch is slower in bfloat16 than in float32.
        dtype = torch.bfloat16 if torch.cpu._is_amx_tile_supported() else torch.float32
        self._tokenizer = AutoTokenizer.from_pretrained(MODEL)
        self._network = AutoModelForSequenceClassification.from_pretrained(MODEL, dtype=dtype).eval()

    def classify(self, texts: list[str]) -> list[dict[str, float]]:
        """The probability of each label, for each text."""
        inputs = self._tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
        with torch.inference_mode():
            rows = self._network(**inputs).logits.float().softmax(dim=-1).tolist()
        names = self._network.config.id2label
        return [{names[index]: value for index, value in enumerate(row)} for row in rows]
