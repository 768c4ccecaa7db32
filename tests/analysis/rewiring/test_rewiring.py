"""Families of graphs: planted losses are compared network by network, systems are kept apart."""

import json

import numpy as np
import pandas as pd
import pytest

from pruning_phases.analysis.registry import analyse
from pruning_phases.analysis.rewiring import RewiringConfig
from pruning_phases.analysis.rewiring.fit import band, excess
from pruning_phases.analysis.rewiring.read import final_loss, trained_families
from pruning_phases.console import new_console
from pruning_phases.errors import UserError
from tests.support.written_records import write_run

NETWORKS = np.array([0.0, 0.05, -0.02, 0.04])  # scatter of the pruned networks
UPDATES = [10, 20, 30]


def write_family(tmp_path, family, run_id, shift=0.0, density=0.1, seed=0, amount=30, graphs=1):
    """Networks whose loss ends at 0.5 + shift + scatter; ``graphs`` graphs per pruned network."""
    count = len(NETWORKS) * graphs
    final = 0.5 + shift + np.tile(NETWORKS, graphs)
    record = write_run(
        tmp_path, run_id, np.ones(1), {"accuracy": (1 - final)[:, None], "loss": final[:, None]},
        seed=seed, pruner={"score": "none"},
        training={"budget": {"rule": "updates", "amount": amount}},
        topology={"family": family, "density": density, "run": "pruned"},
    )  # fmt: skip
    table = pd.DataFrame({"replica": range(count)}).merge(
        pd.DataFrame({"update": UPDATES}), "cross"
    )
    falling = 3.0 - table["update"] / 10
    loss = final[table["replica"]] + falling
    record.add_training(table.assign(step=0, p_train=0.0, train_size=60000, train_loss=loss))
    info = json.loads(record.info_file.read_text())
    info["topology"] = {
        "run": "pruned", "source_system": "same", "source_pruner": "magnitude", "source_seed": 0,
        "source_networks": len(NETWORKS), "first_network": 0,
    }  # fmt: skip
    record.info_file.write_text(json.dumps(info))
    return record


def test_the_final_loss_is_that_of_the_last_tenth_of_the_updates():
    rows = pd.DataFrame({"update": [32, 64, 96, 100], "train_loss": [9.0, 7.0, 5.0, 1.0]})
    assert final_loss(rows) == pytest.approx((6 * 5 + 4 * 1) / 10)


def test_families_are_compared_on_the_same_networks(tmp_path):
    records = [
        write_family(tmp_path, "random", "random", shift=0.2, graphs=3),
        write_family(tmp_path, "original", "original"),
    ]
    original, random = trained_families(records)
    assert (original.family, random.family) == ("original", "random")
    assert (original.num_graphs, random.num_graphs) == (1, 3)
    mean, error = excess(random, original, "final_training_loss")
    assert mean == pytest.approx(0.2) and error == pytest.approx(0, abs=1e-9)


def test_errors_are_over_pruned_networks_and_not_over_their_graphs(tmp_path):
    (trained,) = trained_families([write_family(tmp_path, "random", "random", graphs=3)])
    updates, mean, error = band(trained)
    assert updates.tolist() == UPDATES
    np.testing.assert_allclose(mean, 0.5 + NETWORKS.mean() + np.array([2.0, 1.0, 0.0]))
    np.testing.assert_allclose(error, NETWORKS.std(ddof=1) / 2)


def test_runs_that_differ_in_seed_and_replicas_alone_are_pooled(tmp_path):
    records = [write_family(tmp_path, "original", f"seed_{seed}", seed=seed) for seed in (0, 1)]
    (trained,) = trained_families(records)
    assert len(trained.finals) == len(NETWORKS) and trained.num_graphs == 2
    (again,) = trained_families([records[0], records[0]])
    assert again.num_graphs == 1


def test_other_budgets_are_other_systems_named_by_them(tmp_path):
    records = [
        write_family(tmp_path, "original", f"amount_{amount}", amount=amount) for amount in (20, 40)
    ]
    assert [entry.system for entry in trained_families(records)] == [
        f"fc mnist training.budget.amount={amount} on magnitude run pruned" for amount in (20, 40)
    ]


def test_results_hold_one_row_per_family_and_density(tmp_path):
    for density in (0.1, 0.01):
        write_family(tmp_path, "original", f"original_{density}", density=density)
        write_family(tmp_path, "random", f"random_{density}", shift=0.2, density=density)
    content = analyse(RewiringConfig(str(tmp_path / "written")), new_console())
    assert content == json.loads((tmp_path / "written" / "rewiring.json").read_text())
    assert [(row["density"], row["family"]) for row in content] == [
        (0.1, "original"), (0.1, "random"), (0.01, "original"), (0.01, "random"),
    ]  # fmt: skip
    for row in content:
        assert {"final_training_loss", "accuracy", "loss", "draws_per_network"} <= set(row)
        assert set(row["accuracy"]) == {"value", "error"} and row["num_networks"] == 4
    assert content[1]["excess_over_original"]["value"] == pytest.approx(0.2)
    assert "excess_over_original" not in content[0]
    for name in ("rewiring.png", "rewiring.pdf"):
        assert (tmp_path / "written" / name).stat().st_size > 5000


def test_several_systems_have_a_figure_each(tmp_path):
    for amount in (20, 40):
        write_family(tmp_path, "original", f"amount_{amount}", amount=amount)
    analyse(RewiringConfig(str(tmp_path / "written"), str(tmp_path / "out")), new_console())
    for number in (0, 1):
        assert (tmp_path / "out" / "rewiring" / f"{number}.png").stat().st_size > 5000


def test_runs_without_a_topology_are_refused(tmp_path):
    plain = write_run(tmp_path, "plain", np.ones(1), {"accuracy": np.ones((2, 1))})
    with pytest.raises(UserError, match="none of the 1 finished runs is on a topology"):
        trained_families([plain])


def test_runs_of_an_earlier_version_are_refused(tmp_path):
    record = write_family(tmp_path, "original", "old")
    info = json.loads(record.info_file.read_text())
    del info["topology"]["source_system"]
    record.info_file.write_text(json.dumps(info))
    with pytest.raises(UserError, match="run old was made by an earlier version: delete"):
        trained_families([record])
