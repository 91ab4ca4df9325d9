"""Learning rates by layer."""

import pytest
import torch

from training.optimization import parameter_groups


class Encoder(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embeddings = torch.nn.Embedding(5, 4)
        self.layer = torch.nn.ModuleList([torch.nn.Linear(4, 4) for _ in range(3)])


class Classifier(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.head = torch.nn.Linear(4, 3)


def rates(network: Classifier, layer_decay: float) -> dict[str, tuple[float, float]]:
    groups = parameter_groups(
        network, learning_rate=1e-3, layer_decay=layer_decay, weight_decay=0.1, decayed={"head.weight"}
    )
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    return {names[id(p)]: (group["lr"], group["weight_decay"]) for group in groups for p in group["params"]}


def test_each_layer_learns_slower_than_the_one_above_it() -> None:
    found = rates(Classifier(), 0.5)
    assert found["head.bias"] == (1e-3, 0)
    assert found["head.weight"] == (1e-3, 0.1)
    lower = [found[f"encoder.layer.{i}.weight"][0] for i in (2, 1, 0)]
    assert [*lower, found["encoder.embeddings.weight"][0]] == pytest.approx([5e-4, 2.5e-4, 1.25e-4, 6.25e-5])


def test_without_decay_all_learn_alike() -> None:
    assert {rate for rate, _ in rates(Classifier(), 1.0).values()} == {1e-3}


def test_every_parameter_is_in_one_group_but_the_frozen_ones() -> None:
    network = Classifier()
    assert set(rates(network, 0.9)) == {name for name, _ in network.named_parameters()}
    network.encoder.embeddings.requires_grad_(False)
    assert "encoder.embeddings.weight" not in rates(network, 0.9)
