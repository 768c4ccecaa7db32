"""A predictor's file, its outputs, the layers it fits, and the scores of autosparse."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from pruning_phases.errors import UserError
from pruning_phases.pruning.predictor import Predictor, kinds_of, refuse_other_kinds, teacher_of
from pruning_phases.records.snapshots import FINAL, GRADIENTS, INITIAL, masks_of
from pruning_phases.training import in_float64
from pruning_phases.training.in_float64 import gradients, training_examples
from tests.support.runs import make
from tests.training.callbacks.test_prune import module_at

DENSITIES = ["pruner.schedule=list", "pruner.densities=[0.3,0.1]", "snapshots=[0.3]"]


def predictor(seed=0, kinds=("linear",)):
    generator = np.random.default_rng(seed)
    sizes = (2, 5, 4, 1)
    layers = [
        (generator.normal(size=(out, into)), generator.normal(size=out))
        for into, out in zip(sizes[:-1], sizes[1:], strict=True)
    ]
    return Predictor(layers, {"kinds": list(kinds)})


@pytest.fixture
def teacher(tmp_path):
    file = tmp_path / "predictor.safetensors"
    file.write_bytes(predictor().content())
    return file


def test_scores_are_those_of_the_same_network_in_torch(configure, teacher):
    own = predictor()
    network = nn.Sequential(
        nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 1)
    ).double()
    for layer, (weights, biases) in zip(network[::2], own.layers, strict=True):
        layer.weight.data, layer.bias.data = torch.tensor(weights), torch.tensor(biases)
    generator = np.random.default_rng(1)
    w, g = generator.normal(0, 0.1, 150_000), generator.normal(0, 1e-3, 150_000)
    pairs = torch.tensor(np.stack([w / np.sqrt(np.mean(w**2)), g / np.sqrt(np.mean(g**2))], axis=1))
    with torch.no_grad():
        expected = network(pairs)[..., 0].numpy()
    read = teacher_of(configure("pruner=autosparse", f"pruner.teacher={teacher}").pruner)
    for one in (own, read):
        np.testing.assert_allclose(one(w, g), expected, rtol=1e-10, atol=1e-12)
    assert read.facts == {"kinds": ["linear"]}


def test_every_density_keeps_the_highest_scores_of_the_dense_network(configure, teacher):
    record = make(configure("pruner=autosparse", f"pruner.teacher={teacher}", *DENSITIES,
                            "initial_gradients=true"))  # fmt: skip
    weights, _ = record.read_snapshot(INITIAL)
    slopes, _ = record.read_snapshot(GRADIENTS)
    own, names = predictor(), list(slopes)
    for snapshot in ("step_00001", FINAL):
        masks = masks_of(record.read_snapshot(snapshot)[0])
        for r in range(2):
            w, g = (np.concatenate([one[name][r].ravel() for name in names])
                    for one in (weights, slopes))  # fmt: skip
            scores = own(w, g)
            kept = np.concatenate([masks[name][r].ravel() for name in names]) > 0
            assert scores[kept].min() >= scores[~kept].max() - 1e-5 * np.abs(scores).max()


def test_slopes_are_those_of_all_training_examples_in_any_parts(configure, monkeypatch):
    module = module_at(configure(), 0)
    chosen = training_examples(module, 1)
    whole = gradients(module, 1, chosen)
    monkeypatch.setattr(in_float64, "EXAMPLES_AT_ONCE", 7)
    x, y = in_float64.batch_in_float64(module, chosen)
    network, parameters = in_float64.alone_in_float64(module, 1)
    name, step = "fc1.weight", 1e-6
    for place, slope in gradients(module, 1, chosen).items():
        torch.testing.assert_close(slope, whole[place], rtol=1e-9, atol=1e-12)

    def loss(shift):
        moved = parameters[name].clone()
        moved[3, 30] += shift
        return F.cross_entropy(network(parameters | {name: moved}, x), y)

    by_hand = (loss(step) - loss(-step)) / (2 * step)
    assert len(chosen) == 200
    assert float(whole[name][3, 30]) == pytest.approx(float(by_hand), rel=1e-5)
    assert abs(float(by_hand)) > 1e-6


def test_the_teacher_decides_the_identity_and_its_place_does_not(configure, teacher, tmp_path):
    from pruning_phases.config.identity import run_id

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / teacher.name).write_bytes(teacher.read_bytes())
    other = tmp_path / "other.safetensors"
    other.write_bytes(predictor(1).content())
    ids = [
        run_id(configure("pruner=autosparse", f"pruner.teacher={one}"))
        for one in (teacher, elsewhere, other)
    ]
    assert ids[0] == ids[1] != ids[2]
    plain = run_id(configure())
    assert run_id(configure(f"pruner.teacher={teacher}")) == plain


def test_layers_of_other_kinds_are_refused_before_anything_is_written(configure, teacher):
    assert kinds_of([(3, 2), (4, 3, 2, 2)]) == ["convolution", "linear"]
    refuse_other_kinds(predictor(), [(3, 2), (4, 3, 2, 2)], "there")
    with pytest.raises(UserError, match=r"^pruner\.teacher=there: .*linear layers alone"):
        refuse_other_kinds(predictor(), [(4, 3, 2, 2)], "there")
    teacher.write_bytes(predictor(kinds=["convolution"]).content())
    config = configure("pruner=autosparse", f"pruner.teacher={teacher}")
    with pytest.raises(UserError, match="convolution layers alone"):
        make(config)
    assert not [*Path(config.results_dir).rglob("run.json")]


def test_teachers_that_are_none_are_refused_in_one_line(configure, teacher, tmp_path):
    for words, said in (
        ([], "pruner.teacher has no value: give the folder"),
        ([f"pruner.teacher={tmp_path}/none"], "No such file"),
        ([f"pruner.teacher={tmp_path}/empty"], "there is no predictor.safetensors"),
    ):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(UserError, match=said):
            configure("pruner=autosparse", *words)
    config = configure("pruner=autosparse", f"pruner.teacher={teacher}")
    teacher.write_bytes(predictor(2).content())
    with pytest.raises(UserError, match="has changed since"):
        teacher_of(config.pruner)
    for content in (b"nothing", b"\x10\0\0\0\0\0\0\0{}              "):
        teacher.write_bytes(content)
        config = configure("pruner=autosparse", f"pruner.teacher={teacher}")
        with pytest.raises(UserError, match="is no predictor of survival"):
            teacher_of(config.pruner)
