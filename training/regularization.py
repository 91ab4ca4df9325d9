"""What keeps a network from learning its training texts by heart."""

from dataclasses import dataclass
from typing import Any, Self

import torch

from model.errors import SettingsError


@dataclass(frozen=True, slots=True)
class TokenDropout:
    """Hides a share of the tokens behind the mask token (word dropout: Iyyer et al. 2015).

    Unlike dropout inside the network it costs no time, and it asks for a stance that rests on more than one word.
    """

    share: float
    mask_id: int
    special_ids: tuple[int, ...]

    @classmethod
    def of(cls, tokenizer: Any, *, share: float) -> Self:
        """Take the ids from a `transformers` tokenizer.

        Raises:
            SettingsError: tokens are to be hidden, but the tokenizer has no mask token.
        """
        if share and tokenizer.mask_token_id is None:
            raise SettingsError("token_dropout: this base has no mask token; leave token_dropout at 0")
        return cls(share, tokenizer.mask_token_id or 0, tuple(tokenizer.all_special_ids))

    def __call__(self, input_ids: torch.Tensor) -> torch.Tensor:
        """Return `input_ids`, int64 of shape (rows, tokens), with ordinary tokens hidden at random."""
        special = torch.isin(input_ids, torch.tensor(self.special_ids, device=input_ids.device))
        hidden = (torch.rand(input_ids.shape, device=input_ids.device) < self.share) & ~special
        return input_ids.masked_fill(hidden, self.mask_id)


def set_dropout(network: torch.nn.Module, probability: float) -> None:
    """Set every dropout layer of `network`."""
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = probability
