"""Every model builds on every shape of image as the network of an ensemble."""

import pytest

from pruning_phases.data.registry import load
from pruning_phases.models.registry import models
from pruning_phases.training.run import architecture_of


@pytest.mark.parametrize("name", sorted(set(models()) - {"custom"}))
def test_every_model_is_the_network_of_a_run_with_unique_prunable_layers(name, configure):
    config = configure(f"model={name}", "dataset=digits", tiny=False)
    architecture = architecture_of(config, load(config))
    assert len(architecture.layers) > 3
    assert architecture.num_prunable > 0.9 * architecture.num_weights
