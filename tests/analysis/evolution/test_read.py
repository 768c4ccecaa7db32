"""Jumps between snapshots on disk, and their evolution metric against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import r2_score

from pruning_phases.analysis import evolution as evolution_of
from pruning_phases.analysis.evolution.fit import evolution
from pruning_phases.analysis.evolution.read import read_jumps
from pruning_phases.analysis.registry import analyse
from pruning_phases.console import new_console
from pruning_phases.errors import UserError
from pruning_phases.observables.evolution import WHOLE
from tests.support.written_records import write_run, write_snapshot

DENSE, LATER = 1.0, 0.1
GENERATOR = np.random.default_rng(0)
SHAPES = {"conv": (2, 3, 1, 3, 3), "fc": (2, 5, 8)}  # two replicas


def written(tmp_path, num_surviving):
    """A run with a dense and a final snapshot.

    ``num_surviving`` weights survive in every layer and replica.
    """
    columns = {"accuracy": np.ones((2, 2)), "prediction_entropy": np.ones((2, 2))}
    record = write_run(tmp_path, "run", np.array([1.0, 0.1]), columns)
    earlier = {name: GENERATOR.normal(size=shape) for name, shape in SHAPES.items()}
    later, masks = {}, {}
    for name, shape in SHAPES.items():
        flat = np.zeros((2, np.prod(shape[1:])), dtype=bool)
        for row in flat:
            row[GENERATOR.permutation(flat.shape[1])[:num_surviving]] = True
        masks[name] = flat.reshape(shape)
        later[name] = (earlier[name] + 0.3 * GENERATOR.normal(size=shape)) * masks[name]
    everything = {name: np.ones(shape, dtype=bool) for name, shape in SHAPES.items()}
    write_snapshot(record, "step_0000", DENSE, earlier, everything)
    write_snapshot(record, "final", LATER, later, masks)
    return record, earlier, later, masks


def by_sklearn(earlier, later):
    count = len(later)
    adjusted = 1 - (1 - r2_score(later, earlier)) * (count - 1) / (count - 2)
    return 1 - adjusted


@pytest.mark.parametrize("num_surviving", [0, 1, 2, 3, 10])
def test_agrees_with_sklearn_and_is_nan_where_undefined(tmp_path, num_surviving):
    record, earlier, later, masks = written(tmp_path, num_surviving)
    (jump,) = read_jumps(record, None, None)
    found = evolution(jump)
    assert list(found) == [*SHAPES, WHOLE]
    for replica in range(2):
        before, after = [], []
        for layer in SHAPES:
            mask = masks[layer][replica]
            before.append(earlier[layer][replica][mask].astype(np.float32))
            after.append(later[layer][replica][mask].astype(np.float32))
            if num_surviving < 3:
                assert np.isnan(found[layer][replica])
            else:
                expected = by_sklearn(before[-1], after[-1])
                assert found[layer][replica] == pytest.approx(expected, rel=1e-5)
        if 2 * num_surviving >= 3:
            expected = by_sklearn(np.concatenate(before), np.concatenate(after))
            assert found[WHOLE][replica] == pytest.approx(expected, rel=1e-5)
        else:
            assert np.isnan(found[WHOLE][replica])


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (0.3, None, r"start=0\.3: run run has snapshots at 1, 0\.1; choose one of them"),
        (None, 1.0, r"no snapshot of run run is denser"),
        (0.1, 0.1, r"start has to be the larger density"),
        (None, -1, r"end=-1: a density is above 0"),
    ],
)
def test_a_jump_between_missing_snapshots_raises(tmp_path, start, end, said):
    record, *_ = written(tmp_path, 3)
    with pytest.raises(UserError, match=said):
        read_jumps(record, start, end)


def test_one_snapshot_makes_no_jump(tmp_path):
    record, *_ = written(tmp_path, 3)
    record.snapshot_file("final").unlink()
    with pytest.raises(UserError, match=r"a jump needs two; train with snapshots="):
        read_jumps(record, None, None)


def test_jumps_by_start_and_end(tmp_path):
    record, earlier, *_ = written(tmp_path, 3)
    write_snapshot(record, "step_0001", 0.5, earlier, {n: w != 0 for n, w in earlier.items()})

    def jumps(start, end):
        found = read_jumps(record, start, end)
        return [(jump.earlier.density, jump.later.density) for jump in found]

    assert jumps(None, None) == [(1.0, 0.5), (0.5, 0.1)]
    assert jumps(0.98, None) == [(1.0, 0.1)]
    assert jumps(None, 0.1) == [(0.5, 0.1)]
    assert jumps(0.98, 0.52) == [(1.0, 0.5)]


def test_evolution_refuses_networks_of_several_sizes(tmp_path):
    record, *_ = written(tmp_path, 10)
    table = record.observables()
    record.write_tables(table.assign(train_size=100 + 100 * table["replica"]), record.layers())
    with pytest.raises(UserError, match="several p_train or training-set sizes"):
        analyse(evolution_of.CONFIG(runs=str(record.folder)), new_console())
