"""The state between two rounds: packed and unpacked without a loss."""

import numpy as np
import pytest
import torch

from pruning_phases.config.enums import Stage
from pruning_phases.training.callbacks.early_stopping import EarlyStopping
from pruning_phases.training.callbacks.measure import Measure
from pruning_phases.training.checkpoint import (
    StatefulCallback,
    pack,
    prefixed,
    replica_tensors,
    under,
    unpack,
)


@pytest.fixture
def module_of(module_of):
    def begun(*overrides):
        module = module_of(*overrides)
        module.begin_step(0)
        return module

    return begun


def train(module, count):
    for indices in module.source.order.updates(module.num_updates, count):
        module.training_step(indices[None], 0)


def halved(module):
    """Prune half of the weights, as a mask may have been before the checkpoint."""
    module.replicas.set_masks(
        {layer: torch.rand(w.shape) < 0.5 for layer, w in module.replicas.layer_weights().items()}
    )


def equal(first, second):
    assert list(first) == list(second)
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name])


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_training_continues_to_the_bit_after_unpacking(module_of, optimizer):
    whole = module_of(f"optimizer={optimizer}")
    train(whole, 3)
    tensors, position = pack(whole, [])
    resumed = module_of(f"optimizer={optimizer}", "seed=0")
    train(resumed, 1)  # another state, which unpacking has to replace
    unpack(resumed, [], tensors, position)
    resumed.begin_step(resumed.step, resumed.round)
    assert (resumed.step, resumed.round, resumed.num_updates) == (0, 1, 3)
    for module in (whole, resumed):
        train(module, 3)
    equal(replica_tensors(whole), replica_tensors(resumed))


def test_masks_and_the_states_of_callbacks_are_restored(module_of):
    module, stop, measure = module_of("training.budget.patience=2"), EarlyStopping(), Measure()
    stop.on_train_epoch_start(None, module)
    stop.plateau.report(np.array([1.0, 2.0]))
    stop.plateau.report(np.array([3.0, 1.0]))
    stop._keep(module, np.array([True, True]))
    measure._remember_weights(module)
    halved(module)
    tensors, position = pack(module, [stop, measure])
    other, stop_again, measure_again = module_of("seed=1"), EarlyStopping(), Measure()
    unpack(other, [stop_again, measure_again], tensors, position)
    equal(replica_tensors(module), replica_tensors(other))
    equal(stop.state(), stop_again.state())
    equal(measure.state(), measure_again.state())
    assert (other.replicas.stacked("fc1.weight")[~other.replicas.layer_masks()["fc1"]] == 0).all()


def test_after_a_step_training_continues_with_the_next_one(module_of):
    module = module_of()
    module.step, module.step_ended, module.num_updates = 2, True, 9
    tensors, position = pack(module, [Measure()])
    assert position == {"step": 2, "rounds": 0, "num_updates": 0}
    other = module_of("seed=1")
    unpack(other, [Measure()], tensors, position)
    assert (other.step, other.round, other.num_updates) == (3, 0, 0)
    equal(replica_tensors(module), replica_tensors(other))


def test_stages_that_later_steps_need_are_restored_within_the_dense_training(module_of):
    module = module_of("pruner=imp")
    module.keep_stage(Stage.initial)
    first = module.stages[Stage.initial]
    train(module, 2)
    other = module_of("pruner=imp", "seed=1")
    unpack(other, [], *pack(module, []))
    assert list(other.stages) == [Stage.initial]
    other.load_stage(Stage.initial)
    for name, weights in first.items():
        assert torch.equal(other.replicas.stacked(name), weights)
    module.step = 1
    assert not under("stage:initial", pack(module, [])[0])


def test_names_are_prefixed_and_found_again():
    inner = {"a": np.ones(2), "b:c": np.zeros(1)}
    outer = prefixed("one", prefixed("two", inner)) | prefixed("oneself", inner)
    equal(under("two", under("one", outer)), inner)
    assert under("tw", outer) == {}


def test_callbacks_with_a_state_are_recognized():
    assert isinstance(EarlyStopping(), StatefulCallback) and isinstance(Measure(), StatefulCallback)
    assert not isinstance(object(), StatefulCallback)
