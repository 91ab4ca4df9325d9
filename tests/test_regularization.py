"""Hidden tokens and dropout layers."""

from types import SimpleNamespace

import pytest
import torch

from model.errors import SettingsError
from training.regularization import TokenDropout, set_dropout

PAD, CLS, SEP, MASK, WORD = 0, 2, 3, 4, 9


def tokenizer(*, mask: int | None = MASK) -> SimpleNamespace:
    return SimpleNamespace(mask_token_id=mask, all_special_ids=[PAD, CLS, SEP, MASK])


def test_the_share_of_words_is_hidden_and_nothing_else() -> None:
    torch.manual_seed(0)
    rows = torch.tensor([[CLS, *[WORD] * 500, SEP, PAD]] * 20)
    hidden = TokenDropout.of(tokenizer(), share=0.3)(rows)
    special = rows != WORD
    assert torch.equal(hidden[special], rows[special])
    assert set(hidden[~special].tolist()) == {WORD, MASK}
    assert (hidden[~special] == MASK).float().mean().item() == pytest.approx(0.3, abs=0.02)


def test_no_share_leaves_the_texts_as_they_are_even_without_a_mask_token() -> None:
    rows = torch.tensor([[CLS, WORD, SEP]])
    assert torch.equal(TokenDropout.of(tokenizer(mask=None), share=0)(rows), rows)


def test_a_base_without_a_mask_token_is_named_with_the_remedy() -> None:
    with pytest.raises(SettingsError, match="no mask token; leave token_dropout at 0"):
        TokenDropout.of(tokenizer(mask=None), share=0.1)


def test_every_dropout_layer_is_set() -> None:
    network = torch.nn.Sequential(torch.nn.Dropout(0.1), torch.nn.ModuleList([torch.nn.Dropout(0.5)]))
    set_dropout(network, 0.0)
    assert [module.p for module in network.modules() if isinstance(module, torch.nn.Dropout)] == [0, 0]
