"""Tiny encoders and tokenizers of several families, with random weights."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import torch
from conftest import TINY_LAYOUT, WORDS
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    DebertaV2Config,
    DistilBertConfig,
    PretrainedConfig,
    PreTrainedTokenizerFast,
    RobertaConfig,
)

from model.artifact import Manifest, seal
from model.labels import LABELS


def bert() -> Tokenizer:
    """Words and, for all others, letters: written down and not trained, so that every run has the same."""
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = sorted(set(WORDS) - {" ", "\n"})
    pieces = dict.fromkeys([*specials, *letters, *(f"##{letter}" for letter in letters), *WORDS.split()])
    vocabulary = {piece: index for index, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def roberta() -> Tokenizer:
    """Bytes, two separators between the segments, no token types."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<s>", "<pad>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([WORDS], trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return tokenizer


def deberta() -> Tokenizer:
    """SentencePiece's unigrams."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    specials = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]
    trainer = trainers.UnigramTrainer(vocab_size=200, special_tokens=specials, unk_token="[UNK]", show_progress=False)
    tokenizer.train_from_iterator(WORDS.split(), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 1), ("[SEP]", 2)],
    )
    return tokenizer


def with_its_own_limits() -> Tokenizer:
    """As many a `tokenizer.json` on the hub is saved."""
    tokenizer = bert()
    tokenizer.enable_truncation(16)
    tokenizer.enable_padding(length=128)
    return tokenizer


SIZES = {"num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 32, "intermediate_size": 64}
FAMILIES: dict[str, tuple[Callable[[], Tokenizer], PretrainedConfig]] = {
    "bert": (bert, BertConfig(**SIZES, max_position_embeddings=128, pad_token_id=0)),
    "roberta": (roberta, RobertaConfig(**SIZES, max_position_embeddings=130, pad_token_id=1, type_vocab_size=1)),
    "deberta-v3": (
        deberta,
        DebertaV2Config(
            **SIZES, relative_attention=True, position_buckets=16, pos_att_type="p2c|c2p", norm_rel_ebd="layer_norm",
            share_att_key=True, position_biased_input=False, type_vocab_size=0, pad_token_id=0
        ),
    ),
    "distilbert": (bert, DistilBertConfig(dim=32, hidden_dim=64, n_layers=2, n_heads=2, max_position_embeddings=128)),
}  # fmt: skip


def save_model(directory: Path, tokenizer: Tokenizer, config: PretrainedConfig) -> None:
    """Save a random classifier with a standard tokenizer, and seal it."""
    config = deepcopy(config)
    config.vocab_size = tokenizer.get_vocab_size(with_added_tokens=True)
    config.id2label = {index: label.value for index, label in enumerate(LABELS)}
    config.initializer_range = 0.5
    torch.manual_seed(0)
    network = AutoModelForSequenceClassification.from_config(config).eval()
    spread_out(network, tokenizer)
    network.save_pretrained(directory)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer).save_pretrained(directory)
    seal(directory, Manifest("tiny", "1", "2026-01-01", layout=TINY_LAYOUT))


def spread_out(network: torch.nn.Module, tokenizer: Tokenizer) -> None:
    """Scale the head so that texts differ in label: a random head gives nearly all the same, and is sure of it."""
    head = [module for module in network.modules() if isinstance(module, torch.nn.Linear)][-1]
    with torch.no_grad():
        logits = torch.cat([network(torch.tensor([tokenizer.encode(line).ids])).logits for line in WORDS.split("\n")])
        scale = 2 / logits.std(dim=0)
        head.weight *= scale[:, None]
        head.bias.copy_((head.bias - logits.mean(dim=0)) * scale)
