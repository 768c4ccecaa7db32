"""Rows of the tables: one per network and p_eval, one per network and layer."""

from functools import partial

import numpy as np
import pytest
import torch

from pruning_phases.errors import RunError
from pruning_phases.observables.evolution import WHOLE, evolution_metric
from pruning_phases.training.callbacks.measure import Measure
from pruning_phases.training.evaluate import MaskDraw, evaluate

GRID = [
    "dropout_phase=grid", "dropout_phase.p_train=[0,0.5]", "dropout_phase.p_eval=[0,0.3]",
    "dropout_phase.num_draws=3", "training.budget.rule=updates", "pruner.densities=[0.5]",
    "pruner.schedule=list",
]  # fmt: skip


@pytest.fixture
def module_of(module_of):
    return partial(module_of, *GRID)


def begun(module, notify=lambda _: None):
    measure = Measure(notify)
    measure.on_fit_start(None, module)
    return measure


def test_one_row_per_network_and_p_eval_those_of_a_network_together(module_of):
    told = []
    module = module_of()
    measure = begun(module, told.append)
    measure.measure(module)
    table, layers = measure.tables()
    assert table[["replica", "p_train", "p_eval"]].to_numpy().tolist() == [
        [replica, p_train, p_eval]
        for p_train in (0, 0.5) for replica in (0, 1) for p_eval in (0, 0.3)
    ]  # fmt: skip
    assert told == [f"evaluated {done}/4 networks at 2 values of p_eval" for done in (1, 2, 3, 4)]
    assert len(layers) == 4 * 5 and set(layers["layer"]) == {"fc1", "fc2", "fc3", "fc4", WHOLE}
    assert (table["density"] == 1).all() and (table["num_kept"] == 20 * 64 + 632).all()


def test_observables_with_dropout_are_means_over_mask_draws_with_their_error(module_of):
    module = module_of()
    measure = begun(module)
    measure.measure(module)
    rows = measure.latest[measure.latest["p_eval"] == 0.3]
    rates = torch.full((4,), 0.3, dtype=torch.float64)
    losses = [
        evaluate(module, module.data.test, module.data.test_y, MaskDraw(rates, draw))["loss"]
        for draw in range(3)
    ]
    np.testing.assert_allclose(rows["loss"], np.mean(losses, axis=0))
    np.testing.assert_allclose(rows["loss_draw_error"], np.std(losses, axis=0, ddof=1) / 3**0.5)
    assert (measure.latest.query("p_eval == 0")["loss_draw_error"] == 0).all()


def test_the_evolution_metric_compares_with_the_weights_at_the_measurement_before(module_of):
    module = module_of()
    measure = begun(module)
    snapshots = [{name: w.clone() for name, w in module.replicas.layer_weights().items()}]
    for _ in range(2):
        with torch.no_grad():
            module.replicas.stacked("fc1.weight").add_(torch.randn(4, 20, 64))
        measure.measure(module)
        weights = module.replicas.layer_weights()
        snapshots.append({name: w.clone() for name, w in weights.items()})
    later, earlier = (one["fc1"].double().numpy().reshape(4, -1) for one in snapshots[:0:-1])
    sums = later.sum(axis=1), (later**2).sum(axis=1), ((later - earlier) ** 2).sum(axis=1)
    expected = evolution_metric(later.shape[1], *sums)
    rows = measure.layers[-1].query("layer == 'fc1'")
    np.testing.assert_allclose(rows["evolution_metric"], expected, rtol=1e-6)
    assert (measure.layers[-1].query("layer == 'fc2'")["evolution_metric"] == 0).all()


def test_a_resumed_measurement_compares_with_the_same_weights(module_of):
    module = module_of()
    measure, resumed = begun(module), Measure()
    resumed.load(module, {name: array.copy() for name, array in measure.state().items()})
    module.round = 1
    resumed.on_fit_start(None, module)
    with torch.no_grad():
        module.replicas.stacked("fc2.weight").mul_(1.1)
    for one in (measure, resumed):
        one.measure(module)
    np.testing.assert_array_equal(measure.layers[0]["evolution_metric"],
                                  resumed.layers[0]["evolution_metric"])  # fmt: skip


def test_tables_of_an_interrupted_run_are_continued(module_of):
    module = module_of()
    first, second = begun(module), begun(module)
    first.measure(module)
    second.load_tables(*first.tables())
    second.measure(module)
    table, layers = second.tables()
    assert len(table) == 2 * 8 and len(layers) == 2 * 20
    assert table.index.tolist() == list(range(16))


def test_a_test_loss_that_is_not_finite_names_the_replica(module_of):
    module = module_of("first_replica=3")
    with torch.no_grad():
        module.replicas.stacked("fc4.bias")[1] = torch.nan
    with pytest.raises(RunError, match=r"test loss of replica 4 became NaN"):
        begun(module).measure(module)
