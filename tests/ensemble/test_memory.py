"""The number of networks that a device holds at once."""

import pytest
import torch
from torch import nn

from pruning_phases.ensemble import memory
from pruning_phases.ensemble.architecture import Architecture
from pruning_phases.ensemble.memory import (
    _control_group_limits,
    bytes_of_networks,
    chunk_size,
    refuse_oversized,
)
from pruning_phases.errors import UserError

CPU = torch.device("cpu")
LINEAR = Architecture(lambda: nn.Sequential(nn.Flatten(), nn.Linear(100, 20)), (1, 10, 10))
# Layers that return 100, 50, 50 and 100 numbers, and no chain.
OTHER = Architecture(
    lambda: nn.Sequential(nn.Flatten(), nn.Linear(100, 50), nn.Tanh(), nn.Linear(50, 100)),
    (1, 10, 10),
)


@pytest.fixture
def gigabyte(monkeypatch):
    monkeypatch.setattr(memory, "_memory", lambda device: 10**9)


def test_weights_and_graphs_of_all_networks_fit_into_their_fraction(gigabyte):
    # 16.25 copies of 2,020 weights; 2,000 edges of 12 bytes; no activations in the sparse form.
    for batch in (1, 128, 4096):
        per_network = 4 * 16.25 * 2020 + 12 * 2000
        assert chunk_size(LINEAR, batch, 1024, CPU) == int(0.4 * 10**9 / per_network)


@pytest.mark.parametrize(("batch", "examples"), [(1, 2 * 1024), (1000, 6 * 1000)])
def test_activations_are_those_of_the_networks_computed_at_once(with_workers, batch, examples):
    with_workers(2)
    activations, weights = 4 * (100 + 100 + 50 + 50 + 100) * examples, 4 * 16.25 * 10150
    found = bytes_of_networks(OTHER, batch, 1024, CPU)
    assert found == (2 * activations, weights)
    found = bytes_of_networks(OTHER, batch, 1024, torch.device("cuda"))
    assert found == (0, weights + activations)


def test_a_network_that_does_not_fit_is_trained_alone(gigabyte):
    assert chunk_size(OTHER, 10**9, 1024, CPU) == 1


def test_a_network_that_does_not_fit_alone_is_refused(gigabyte):
    large = Architecture(
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(100, 2 * 10**6)), (1, 10, 10)
    )
    with pytest.raises(
        UserError, match=r"^model: .* of 202000000 weights takes 2\.3 GiB .*has 0\.9 G"
    ):
        refuse_oversized(large, 0, CPU)
    most = int(10**9 / (4 * 2 * 220)) - 100
    refuse_oversized(LINEAR, most, CPU)
    with pytest.raises(
        UserError, match=r"^training\.batch_size=\d+: .* takes 0\.9 GiB or more, .*: give"
    ):
        refuse_oversized(LINEAR, most + 200, CPU)


def test_memory_is_at_most_that_of_the_control_group(monkeypatch):
    monkeypatch.setattr(memory, "_control_group_limits", lambda: iter([2**40, 12345]))
    assert memory._memory(CPU) == 12345
    monkeypatch.setattr(memory, "_control_group_limits", lambda: iter([]))
    assert memory._memory(CPU) > 2**27


def test_the_memory_that_a_control_group_leaves(tmp_path):
    """Version 2: the least of the group and of those above; version 1: its own file."""
    groups, root = tmp_path / "groups", tmp_path / "root"
    (root / "job" / "step").mkdir(parents=True)
    (root / "job" / "memory.max").write_text("4096\n")
    (root / "job" / "step" / "memory.max").write_text("max\n")
    (root / "memory" / "box").mkdir(parents=True)
    (root / "memory" / "box" / "memory.limit_in_bytes").write_text("512\n")
    groups.write_text("0::/job/step\n")
    assert list(_control_group_limits(groups, root)) == [4096]
    groups.write_text("5:cpu:/job\n3:memory:/box\n")
    assert list(_control_group_limits(groups, root)) == [512]
    assert list(_control_group_limits(tmp_path / "none", root)) == []
