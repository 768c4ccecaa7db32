"""Registries find members by their files: a new file is enough."""

import subprocess
import sys
from importlib import import_module

import pytest

from pruning_phases.config.register import schemas
from pruning_phases.data.registry import data_sets
from pruning_phases.models.registry import build_model, models
from pruning_phases.observables.registry import observables, order_parameters
from pruning_phases.pruning.registry import reads, scores
from pruning_phases.registry import members

OBSERVABLE = """
from pruning_phases.observables.registry import TRANSITION, FromOutputs, Observable
OBSERVABLES = (
    Observable(
        "confidence", "mean confidence", TRANSITION, is_order_parameter=True,
        from_outputs=FromOutputs(
            lambda batch: batch.p.amax(dim=2).sum(dim=1), lambda total, labels: total / labels.sum()
        ),
    ),
)
"""
SCORE = """
READS = "weights"
def score(weights):
    return -weights.abs()
"""
MODEL = """
from dataclasses import dataclass
from pruning_phases.config.groups import ModelConfig
from pruning_phases.config.keys import key
@dataclass
class PlainConfig(ModelConfig):
    units: int = key(4, "hidden units", at_least=1)
CONFIG = PlainConfig
def build(config, input_shape, num_classes):
    from torch import nn
    return nn.Sequential(nn.Flatten(), nn.Linear(input_shape[-1], num_classes))
"""
DATA_SET = """
import numpy as np
from pruning_phases.config.groups import DatasetConfig
from pruning_phases.data.dataset import Dataset
CONFIG = DatasetConfig
def load(config, data_dir, seed):
    images, labels = np.zeros((4, 1, 2, 2)), np.zeros(4, dtype=np.int64)
    return Dataset(images, labels, images, labels, 2)
"""


@pytest.fixture
def add(tmp_path, monkeypatch):
    """add(package, name, source): a new file of a package, for the length of a test."""
    added = []

    def new_file(package, name, source):
        (tmp_path / f"{name}.py").write_text(source)
        monkeypatch.setattr(
            import_module(package), "__path__", [*import_module(package).__path__, str(tmp_path)]
        )
        added.append((package, name))
        members.cache_clear()

    yield new_file
    members.cache_clear()
    for package, name in added:
        sys.modules.pop(f"{package}.{name}", None)
        vars(import_module(package)).pop(name, None)


def test_a_new_observable_is_one_file(add):
    import torch

    add("pruning_phases.observables", "confidence", OBSERVABLE)
    from pruning_phases.observables.outputs import output_sums

    assert observables()["confidence"].axis_label == "mean confidence"
    assert "confidence" in order_parameters()
    logits = torch.tensor([[[0.0, 0.0], [0.0, 100.0]]])
    values = output_sums(logits, torch.tensor([0, 1])).observables()
    assert values["confidence"][0] == pytest.approx(0.75)


def test_a_new_score_is_one_file(add, configure):
    add("pruning_phases.pruning.scores", "smallest", SCORE)
    assert reads("smallest") == "weights" and "smallest" in scores()
    assert configure("pruner.score=smallest").pruner.score == "smallest"


def test_a_new_model_is_one_file_and_brings_its_keys(add):
    add("pruning_phases.models", "plain", MODEL)
    kind = schemas()["model"]["schema_plain"]
    assert kind(name="plain").units == 4
    assert build_model(kind(name="plain"), (1, 2, 3), 5)[1].weight.shape == (5, 3)


def test_a_new_data_set_is_one_file(add):
    add("pruning_phases.data", "empty", DATA_SET)
    assert "schema_empty" in schemas()["dataset"]
    assert len(data_sets()["empty"].load(None, "", 0).train_labels) == 4


def test_files_without_the_constant_are_not_members():
    assert "cnn" in models() and "dropout" not in models()
    assert "outputs" in members("pruning_phases.observables", "OBSERVABLES")
    assert "layers" not in members("pruning_phases.observables", "OBSERVABLES")


@pytest.mark.parametrize(
    "call",
    [
        "from pruning_phases.observables.registry import observables; observables()",
        "from pruning_phases.pruning.registry import scores; scores()",
        "from pruning_phases.config.register import register; register()",
    ],
)
def test_registries_do_not_import_torch(call):
    code = f"import sys; {call}; sys.exit('torch' in sys.modules)"
    assert subprocess.call([sys.executable, "-c", code]) == 0


def test_curves_of_two_observables_can_be_told_apart_in_colour_and_in_grey():
    styles = [(one.line, one.marker) for one in observables().values()]
    assert len(set(styles)) == len(styles)
    assert len({one.colour for one in observables().values()}) == len(styles)
