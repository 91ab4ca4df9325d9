"""Training sees the very windows that serving sees."""

from collections import defaultdict
from pathlib import Path

import pytest
import torch
from conftest import TINY_LAYOUT, WORDS
from training_support import make_example

from model.artifact import FILES
from model.labels import LABELS, Stance
from model.tokenizer import StanceTokenizer
from training.encoding import make_collator, to_dataset

EXAMPLES = [
    make_example("Talk to Moscow!", Stance.SUPPORTIVE),
    make_example(WORDS * 2, Stance.SKEPTICAL),
    make_example("i agree", Stance.NEUTRAL, context=WORDS, sure=False),
    make_example("https://a.example &amp; 𝓹𝓮𝓪𝓬𝓮", Stance.SUPPORTIVE),
    make_example(WORDS, Stance.NEUTRAL, sure=False),
]


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path) -> StanceTokenizer:
    return StanceTokenizer.load(tiny_model / FILES.tokenizer, layout=TINY_LAYOUT)


def test_every_window_is_the_one_that_serving_makes(tokenizer: StanceTokenizer):
    rows = to_dataset(EXAMPLES, tokenizer)
    encoded = tokenizer.encode([example.as_input() for example in EXAMPLES])
    windows = [window for text in encoded for window in text.windows]
    assert len(windows) > len(EXAMPLES)
    assert rows["input_ids"][:] == [window.input_ids for window in windows]
    assert rows["type_ids"][:] == [window.type_ids for window in windows]
    assert rows["length"][:] == [len(window) for window in windows]
    labels = [LABELS.index(e.label) for e, text in zip(EXAMPLES, encoded, strict=True) for _ in text.windows]
    assert rows["labels"][:] == labels


@pytest.mark.parametrize("unsure_weight", [0.0, 0.4, 1.0])
def test_the_windows_of_a_text_weigh_as_much_as_one_text(tokenizer: StanceTokenizer, unsure_weight: float):
    """A long text counts no more than a short one, an unsure one only its share."""
    rows = to_dataset(EXAMPLES, tokenizer, unsure_weight=unsure_weight)
    owners = [
        index
        for index, text in enumerate(tokenizer.encode([example.as_input() for example in EXAMPLES]))
        for _ in text.windows
    ]
    totals: dict[int, float] = defaultdict(float)
    for owner, weight in zip(owners, rows["weight"], strict=True):
        totals[owner] += weight
    assert list(totals.values()) == pytest.approx([1.0 if e.sure else unsure_weight for e in EXAMPLES])


@pytest.mark.parametrize("takes_type_ids", [True, False])
def test_a_batch_is_padded_and_masked(tokenizer: StanceTokenizer, takes_type_ids: bool):
    rows = to_dataset(EXAMPLES, tokenizer).to_list()
    batch = make_collator(pad_id=7, takes_type_ids=takes_type_ids)(rows)
    assert ("token_type_ids" in batch) == takes_type_ids
    assert {tensor.shape[0] for tensor in batch.values()} == {len(rows)}
    for index, row in enumerate(rows):
        length = row["length"]
        assert batch["input_ids"][index, :length].tolist() == row["input_ids"]
        assert (batch["input_ids"][index, length:] == 7).all()
        assert batch["attention_mask"][index].sum() == length
    assert batch["labels"].dtype == torch.int64
    assert batch["weight"].tolist() == pytest.approx([row["weight"] for row in rows])
