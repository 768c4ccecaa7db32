"""A replica in an ensemble equals the replica alone, in both forms of the forward pass."""

import pandas as pd
import pytest
import torch
from rich.console import Console

from pruning_phases.config.identity import run_id
from pruning_phases.data.registry import load
from pruning_phases.ensemble.replicas import Replicas
from pruning_phases.errors import UserError
from pruning_phases.models.registry import build_model
from pruning_phases.records.run import RunRecord
from pruning_phases.records.snapshots import FINAL
from pruning_phases.records.tensors import read_tensors
from pruning_phases.streams import derive
from pruning_phases.training.checkpoint import replica_tensors
from pruning_phases.training.run import architecture_of, build_module, run
from tests.support.runs import make

PLATEAU = ["pruner.finetune.rule=plateau", "pruner.finetune.amount=4"]


def two_forms(configure, *overrides):
    config = configure(*overrides)
    pair = []
    for vectorized in (False, True):
        replicas = Replicas(architecture_of(config, load(config)), [5, 6, 7])
        replicas.attach(vectorized)
        pair.append(replicas)
    return pair


@pytest.mark.parametrize(
    "model",
    [
        ["model=fc", "model.widths=[7,6,5]"],
        ["model=cnn", "model.widths=[6]", "model.channels=[3,4]"],
    ],
)
def test_both_forms_give_the_same_outputs_and_gradients(configure, model):
    loop, vectorized = two_forms(configure, *model)
    rates = torch.tensor([0.0, 0.3, 0.6], dtype=torch.float64)
    x, y = torch.randn(3, 9, 1, 8, 8), torch.randint(0, 10, (3, 9))
    for replicas in (loop, vectorized):
        replicas.set_dropout_rates(rates, rates)
        replicas.set_dropout_draw(derive(torch.arange(6, dtype=torch.int32).view(3, 2), 1))
    torch.testing.assert_close(loop(x[0]), vectorized(x[0]))
    torch.testing.assert_close(loop.backward(x, y), vectorized.backward(x, y))
    for name in loop.names:
        torch.testing.assert_close(loop.stacked(name).grad, vectorized.stacked(name).grad)
        assert loop.stacked(name).grad.abs().sum() > 0


def test_gradients_are_those_of_the_module_alone(configure):
    config = configure()
    replicas, _ = two_forms(configure)
    x, y = torch.randn(3, 9, 1, 8, 8), torch.randint(0, 10, (3, 9))
    replicas.backward(x, y)
    for r, key in enumerate([5, 6, 7]):
        torch.manual_seed(key)
        alone = build_model(config.model, (1, 8, 8), 10)
        torch.nn.functional.cross_entropy(alone(x[r]), y[r]).backward()
        for name, parameter in alone.named_parameters():
            assert torch.equal(parameter, replicas.stacked(name)[r])
            torch.testing.assert_close(parameter.grad, replicas.stacked(name).grad[r])


@pytest.mark.parametrize(
    "overrides",
    [
        ["training.budget.rule=updates", "training.budget.amount=20"],
        ["training.budget.amount=6", "training.budget.patience=1", "optimizer.lr=0.02"],
        [*PLATEAU, "pruner.finetune.patience=1", "optimizer.lr=0.02"],
        ["dropout_phase=fixed", "dropout_phase.num_draws=2"],
        ["pruner=random"],
        ["optimizer=sgd", "pruner.scope=layer"],
    ],
    ids=lambda overrides: overrides[0],
)  # fmt: skip
def test_replica_3_of_8_is_that_replica_alone(configure, overrides):
    def module_and_record(*which):
        config = configure(*overrides, *which, "pruner.steps=3")
        record = RunRecord(config.results_dir, config.study, run_id(config))
        run(config, record, Console(quiet=True))
        return build_module(config, load(config)), record

    together, record_together = module_and_record("num_replicas=8")
    alone, record_alone = module_and_record("num_replicas=1", "first_replica=3")

    initial, initial_alone = replica_tensors(together), replica_tensors(alone)
    assert all((initial[name][3] == initial_alone[name][0]).all() for name in initial)
    assert torch.equal(together.data.subset[3], alone.data.subset[0])
    for module in (together, alone):
        module.source.order.start(module.stream("order", step=2))
    order, order_alone = (m.source.order.updates(0, 40) for m in (together, alone))
    assert torch.equal(order[:, 3], order_alone[:, 0])
    assert not torch.equal(order[:, 2], order_alone[:, 0])

    final = read_tensors(record_together.snapshot_file(FINAL))[0]
    final_alone = read_tensors(record_alone.snapshot_file(FINAL))[0]
    for name in final:
        if name.startswith("mask:"):
            assert (final[name][3] == final_alone[name][0]).all()
    rows = record_together.observables().query("replica == 3").reset_index(drop=True)
    pd.testing.assert_frame_equal(rows, record_alone.observables(), rtol=1e-4, atol=1e-5)
    assert len(rows) == 4


def test_replicas_that_differ_in_their_data_alone(configure):
    """Equal initial weights, data order and dropout; different examples."""
    shared = configure("replicas_differ_in=data", "num_replicas=3", "dropout_phase=fixed")
    module = build_module(shared, load(shared))
    weights = replica_tensors(module)
    for tensor in weights.values():
        assert (tensor == tensor[:1]).all()
    for purpose in ("order", "dropout_train", "dropout_eval", "prune", "score"):
        assert len(module.stream(purpose).unique(dim=0)) == 1
    assert len(module.data.subset.unique(dim=0)) == 3
    record = make(shared)
    finals, _ = record.read_snapshot(FINAL)
    masks = [mask for name, mask in finals.items() if name.startswith("mask:")]
    assert any((mask != mask[:1]).any() for mask in masks)  # the data decide the cut
    free = make(configure("replicas_differ_in=data", "pruner=magnitude_init", "study=free"))
    masks, _ = free.read_snapshot(FINAL)
    assert all((mask == mask[:1]).all() for name, mask in masks.items() if "mask:" in name)
    with pytest.raises(UserError, match=r"replicas_differ_in=data: .* give dataset\.train_size"):
        configure("replicas_differ_in=data", "dataset.train_size=null")
