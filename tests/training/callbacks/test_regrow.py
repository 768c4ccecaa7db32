"""RigL: masks of constant size that move during training, new weights at 0, equal in any form."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from pruning_phases.errors import UserError
from pruning_phases.pruning.regrowth import erdos_renyi_counts
from pruning_phases.records.snapshots import FINAL, masks_of
from pruning_phases.streams import derive
from pruning_phases.training.callbacks.prune import examples_of, prune
from pruning_phases.training.callbacks.regrow import batch_gradients, regrow
from tests.support.runs import make
from tests.training.callbacks.test_prune import module_at

WORDS = [
    "pruner=rigl", "pruner.schedule=list", "pruner.densities=[0.2]", "training.budget.rule=updates",
    "training.budget.amount=40",
]  # fmt: skip


@pytest.fixture
def sparse_module(configure):
    module = module_at(configure(*WORDS), 1)
    prune(module)
    module.round = 1
    return module


def test_masks_move_and_keep_their_size_in_every_layer(configure):
    moving, still = (make(configure(*WORDS, *more)) for more in ([], ["pruner.regrow=0"]))
    masks = [masks_of(run.read_snapshot(FINAL)[0]) for run in (moving, still)]
    changed = 0
    for name, mask in masks[0].items():
        count = mask.reshape(len(mask), -1).sum(axis=1)
        assert (count == masks[1][name].reshape(len(mask), -1).sum(axis=1)).all()
        changed += int((mask != masks[1][name]).sum())
    assert changed > 0
    assert (
        moving.observables()["num_kept"].unique() == still.observables()["num_kept"].unique()
    ).all()


def test_nothing_is_replaced_after_its_part_of_the_updates(configure):
    early, still = (
        make(configure(*WORDS, word)) for word in ("pruner.regrow_until=0.01", "pruner.regrow=0")
    )
    for name, mask in masks_of(early.read_snapshot(FINAL)[0]).items():
        np.testing.assert_array_equal(mask, masks_of(still.read_snapshot(FINAL)[0])[name])


def test_layers_have_the_numbers_of_weights_of_erdos_renyi_graphs(configure):
    record = make(configure(*WORDS))
    masks = masks_of(record.read_snapshot(FINAL)[0])
    shapes = [mask.shape[1:] for mask in masks.values()]
    kept = int(record.observables()["num_kept"].iloc[-1])
    expected = erdos_renyi_counts(kept, shapes, [int(np.prod(shape)) for shape in shapes])
    for mask, count in zip(masks.values(), expected, strict=True):
        assert (mask.reshape(len(mask), -1).sum(axis=1) == count).all()


def test_gradients_are_those_of_all_weights_at_the_pruned_network(sparse_module):
    """Finite differences of the loss on the same batch give the gradients of pruned weights."""
    module, found = sparse_module, batch_gradients(sparse_module)
    keys = derive(module.stream("regrow"), module.round)
    chosen = examples_of(module, 1, keys, module.config.training.batch_size)
    x, y = module.data.train_images(chosen).double(), module.data.train_y[chosen]
    network = module.replicas.network(1).double().eval()
    for name, layer in module.replicas.layer_of.items():
        weight = network.get_parameter(name).detach()
        pruned = (~module.replicas.layer_masks()[layer][1]).flatten().nonzero().flatten()
        for index in pruned[:: max(1, len(pruned) // 5)].tolist():
            losses = []
            for step in (1e-5, -1e-5):
                weight.view(-1)[index] = step
                losses.append(float(F.cross_entropy(network(x), y).detach()))
            weight.view(-1)[index] = 0.0
            slope = (losses[0] - losses[1]) / 2e-5
            assert float(found[name][1].flatten()[index]) == pytest.approx(slope, abs=1e-7)


def test_new_weights_begin_at_zero_and_others_stay(sparse_module):
    replicas = sparse_module.replicas
    before = {name: replicas.stacked(name).detach().clone() for name in replicas.layer_of}
    old = replicas.layer_masks()
    regrow(sparse_module, 0.3)
    new = replicas.layer_masks()
    for name, layer in replicas.layer_of.items():
        grown, dropped = new[layer] & ~old[layer], old[layer] & ~new[layer]
        assert grown.sum() == dropped.sum()
        assert (replicas.stacked(name)[grown] == 0).all()
        assert (replicas.stacked(name)[dropped] == 0).all()
        both = new[layer] & old[layer]
        assert torch.equal(replicas.stacked(name)[both], before[name][both])
    assert any((new[layer] & ~old[layer]).any() for layer in new)


def test_replicas_that_have_stopped_stay(sparse_module):
    old = sparse_module.replicas.layer_masks()
    sparse_module.active[0] = False
    regrow(sparse_module, 0.3)
    new = sparse_module.replicas.layer_masks()
    assert all(torch.equal(new[layer][0], old[layer][0]) for layer in new)
    assert any(not torch.equal(new[layer][1], old[layer][1]) for layer in new)


def test_a_replica_is_the_same_alone(configure):
    together = make(configure(*WORDS)).read_snapshot(FINAL)[0]
    alone = make(configure(*WORDS, "num_replicas=1", "first_replica=1")).read_snapshot(FINAL)[0]
    for name, tensor in alone.items():
        np.testing.assert_array_equal(tensor[0], together[name][1])


def test_weights_that_compete_globally_cannot_be_replaced(configure):
    with pytest.raises(UserError, match=r"pruner\.regrow=0\.3: .* give pruner\.scope=erdos_renyi"):
        configure("pruner=rigl", "pruner.scope=global")
