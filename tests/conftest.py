"""Shared fixtures: a tiny random model, made in a second, with the same files as a real one."""

import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from sqlalchemy import Engine, create_engine, make_url, text
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertForSequenceClassification, BertModel, PreTrainedTokenizerFast

from model.artifact import Manifest, seal
from model.calibration import Calibration
from model.classifier import StanceClassifier
from model.labels import LABELS
from model.tokenizer import InputLayout
from service.store.database import open_database
from tests import store_support
from tests.page_support import browser, doubtful, page, page_url  # noqa: F401 - fixtures of the tests in a browser
from training.graph import write_graph

WORDS = """talk to moscow and lift the sanctions no deal with putin will hold it is a trap peace
cooperation works better than another cold war the weather in paris was lovely yesterday i agree
with this reset helsinki detente never trust russia nato ukraine ceasefire we should trade again"""
TINY_LAYOUT = InputLayout(max_tokens=64, overlap=16, context_tokens=16, max_windows=8)


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(WORDS.split(), trainers.WordPieceTrainer(vocab_size=300, special_tokens=specials))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, specials.index(token)) for token in ("[CLS]", "[SEP]")],
    )
    names = dict(zip(["pad_token", "unk_token", "cls_token", "sep_token", "mask_token"], specials, strict=True))
    # Without this, `transformers` itself would hide from the encoder which segment is the context.
    fields = ["input_ids", "token_type_ids", "attention_mask"]
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=128, model_input_names=fields, **names)


def tiny_config(tokenizer: PreTrainedTokenizerFast) -> BertConfig:
    return BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
        initializer_range=0.5,
        pad_token_id=tokenizer.pad_token_id,
        id2label={index: label.value for index, label in enumerate(LABELS)},
        label2id={label.value: index for index, label in enumerate(LABELS)},
    )


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder without a head, as a local folder: what `stance train --base` starts from."""
    directory = tmp_path_factory.mktemp("base")
    tokenizer = tiny_tokenizer()
    torch.manual_seed(0)
    BertModel(tiny_config(tokenizer)).save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    return directory


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed model directory with random weights, loud enough that labels differ between texts."""
    directory = tmp_path_factory.mktemp("model")
    tokenizer = tiny_tokenizer()
    torch.manual_seed(0)
    network = BertForSequenceClassification(tiny_config(tokenizer))
    torch.nn.init.normal_(network.classifier.weight, std=2.0)
    network.save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    write_graph(directory)
    calibration = Calibration(temperature=1.5, abstain_threshold=0.4)
    seal(directory, Manifest("tiny", "1", "2026-01-01", layout=TINY_LAYOUT, calibration=calibration))
    return directory


@pytest.fixture(scope="session")
def classifier(tiny_model: Path) -> StanceClassifier:
    return StanceClassifier.load(tiny_model, engine="torch-float32")


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """A tiny network gains nothing from several threads, and loses much where the processor is busy."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def learner_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder without a head that learns quickly: one layer, quiet weights, the same in every run."""
    from encoders import bert

    directory = tmp_path_factory.mktemp("learner")
    fields = ["input_ids", "token_type_ids", "attention_mask"]
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bert(), pad_token="[PAD]", model_input_names=fields)
    config = tiny_config(tokenizer)
    config.update({"num_hidden_layers": 1, "initializer_range": 0.1})
    torch.manual_seed(0)
    BertModel(config).save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    return directory


@pytest.fixture(scope="session")
def learned(tmp_path_factory: pytest.TempPathFactory, learner_base: Path) -> Path:
    """A model directory from a whole training run on `training_support.learnable_rows`, with its data beside it."""
    from training_support import TINY_RUN, learnable_rows, write_rows

    from training.config import TrainConfig
    from training.prepare import prepare_examples
    from training.run import fingerprint, train_model

    folder = tmp_path_factory.mktemp("learned")
    data = write_rows(folder / "labels.csv", learnable_rows(300))
    config = TrainConfig.load(assignments=[f"base={learner_base}", "name=tiny", *TINY_RUN])
    examples = prepare_examples([data], dev_fraction=0, test_fraction=0, say=print)
    train_model(config, examples, out=folder / "model", data=fingerprint([data], examples), say=print)
    return folder / "model"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a PostgreSQL that runs while the tests do."""
    # Not in pytest's own folder, which other users cannot enter.
    with tempfile.TemporaryDirectory(prefix="stance-") as folder, store_support.postgresql(Path(folder)) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'stance.db'}"
        return
    server = make_url(request.getfixturevalue("postgresql_server")).set(drivername="postgresql+psycopg")
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    name = f"test_{uuid.uuid4().hex}"
    with admin.connect() as connection:
        connection.execute(text(f"create database {name}"))
    yield server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))
    admin.dispose()


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    engine = open_database(database_url)
    yield engine
    engine.dispose()
