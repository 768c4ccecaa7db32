"""Comparison of our numbers with the papers' statements: values, limits, words."""

import numpy as np
import pytest

from pruning_phases.analysis.report.comparison import Evidence, comparison_tables
from pruning_phases.analysis.report.curves import accuracy_at, pruned_systems
from pruning_phases.analysis.report.evidence import larger
from pruning_phases.analysis.report.halves import half_of, half_points
from pruning_phases.analysis.report.papers import STATEMENTS
from pruning_phases.analysis.report.read import read_studies
from pruning_phases.analysis.report.tables import sort_value
from tests.analysis.report import written
from tests.analysis.report.written import value
from tests.support.written_records import write_run


def rows(folder, results=()):
    """The rows of all papers by quantity, from the runs in a folder."""
    systems = []
    for study in read_studies(str(folder)) if folder else ():
        found, _ = pruned_systems(study)
        halves, _ = half_points(found, 100, 0)
        systems += [(one, half_of(halves[one.name])) for one in found if one.name in halves]
    tables = comparison_tables(Evidence(systems, list(results)))
    by_quantity = {}
    for table in tables:
        for row in table.rows:
            one = dict(zip(table.columns, row, strict=True))
            by_quantity.setdefault(one["quantity"], []).append(one)
    return by_quantity


def test_every_statement_has_a_row_and_a_source():
    found = rows(None)
    assert len(found) == len(STATEMENTS)
    for (row,) in found.values():
        assert row["agreement"] == "not measured in these runs" and row["source"] and row["paper"]


def test_a_density_below_the_papers_limit_agrees(tmp_path):
    low, high = tmp_path / "low", tmp_path / "high"
    write_run(low, "one", written.DENSITY, written.columns(20, 100), 100)
    write_run(high, "one", written.DENSITY, written.columns(500, 100), 100)
    quantity = "density at which fc on mnist loses its accuracy"
    (row,) = rows(low)[quantity]
    assert sort_value(row["ours"]) == pytest.approx(0.002, rel=0.1)
    assert row["agreement"] == "agrees"
    (row,) = rows(high)[quantity]
    assert sort_value(row["ours"]) == pytest.approx(0.05, rel=0.1)
    assert row["agreement"] == "disagrees"


def test_networks_that_several_studies_have_are_compared_once(tmp_path):
    for folder, more in (("one", {}), ("two", {"snapshots": [0.1]}), ("three", {"seed": 0})):
        write_run(tmp_path / folder, folder, written.DENSITY, written.columns(20, 100), 100, **more)
    write_run(tmp_path / "four", "four", written.DENSITY, written.columns(20, 100), 100,
              optimizer={"lr": 0.1})  # fmt: skip
    found = rows(tmp_path)["density at which fc on mnist loses its accuracy"]
    assert len(found) == 2


def test_kmnist_is_compared_with_mnist_of_the_same_model(tmp_path):
    write_run(tmp_path, "one", written.DENSITY, written.columns(50, 100), 100)
    other = written.columns(100, 100, seed=1)
    write_run(tmp_path, "two", written.DENSITY, other, 100, dataset={"name": "kmnist"})
    found = rows(tmp_path)
    (row,) = found["mnist and kmnist: which loses its accuracy at a higher density"]
    assert row["agreement"] == "agrees"
    (row,) = found["density at which fc on kmnist loses its accuracy"]
    assert row["agreement"].startswith("ours is lower by 0.00")
    (row,) = found["accuracy of the dense fc on kmnist"]
    assert row["agreement"].startswith("ours is higher by 0.089")


def test_accuracy_lost_and_left(tmp_path):
    write_run(tmp_path, "one", written.DENSITY, written.columns(5, 100), 100)
    found = rows(tmp_path)
    (row,) = found["loss of accuracy at a density of 2%"]
    assert row["agreement"] == "agrees: below 0.02"
    (row,) = found["accuracy above chance at a density of 0.1%"]
    assert row["agreement"] == "agrees: above half"


def test_other_data_are_not_compared(tmp_path):
    write_run(tmp_path, "one", written.DENSITY, written.columns(5, 100), 100,
              dataset={"name": "digits"})  # fmt: skip
    for (row,) in rows(tmp_path).values():
        assert row["agreement"] == "not measured in these runs"


def test_pruning_at_initialization_against_pruning_with_training(tmp_path):
    write_run(tmp_path, "one", written.DENSITY, written.columns(50, 100), 100)
    snip = {"score": "snip", "scored_on": "initial", "trains_from": "initial"}
    write_run(tmp_path, "two", written.DENSITY, written.columns(400, 100), 100, pruner=snip)
    (row,) = rows(tmp_path)["pruning at initialization against pruning during or after training"]
    assert row["networks"] == "fc on mnist" and row["agreement"] == "agrees"


@pytest.mark.parametrize(
    ("name", "content", "quantity", "ours", "agreement"),
    [
        ("verdict", written.VERDICT | {"word": "continuous"}, "kind of the transition",
         "continuous", "agrees"),
        ("rewiring", written.REWIRING, "order of the training losses of pruned graphs",
         "original 0.119(4), rewired 0.312(4), random 0.428(4)", "agrees"),
        ("rewiring", written.REWIRING[:2], "order of the training losses of pruned graphs", "",
         "not measured in these runs"),
        ("phase_diagram", written.PHASE_DIAGRAM, "phases over dropout in training and at "
         "evaluation", "eumentia, dementia, amentia", "agrees"),
        ("collapse", written.COLLAPSE, "transition from eumentia to dementia", "BKT", "agrees"),
        ("capacity", written.CAPACITY, "information on the data in the mask",
         "imp 900(30), snip 200(30)", "agrees"),
        ("exponents", written.EXPONENTS, "exponents of accuracy and prediction entropy",
         "0.77(14)", "no comparable number"),
        ("verdict", {"word": 3}, "kind of the transition", "", "not measured in these runs"),
    ],
)  # fmt: skip
def test_results_of_analyses(name, content, quantity, ours, agreement):
    (row,) = rows(None, [{name: content}])[quantity]
    assert (row["ours"], row["agreement"]) == (ours, agreement)


def test_larger_needs_two_errors():
    assert larger(value(1.0, 0.1), value(0.5, 0.1)) == "agrees"
    assert larger(value(0.5, 0.1), value(1.0, 0.1)) == "disagrees"
    assert larger(value(1.0, 0.3), value(0.5, 0.1)).startswith("undecided")


def test_accuracy_between_two_densities_is_linear_in_the_logarithm(tmp_path):
    density = np.array([0.01, 0.1, 1.0])
    accuracy = np.array([[0.1, 0.5, 0.9], [0.1, 0.5, 0.9]])
    write_run(tmp_path, "one", density, {"accuracy": accuracy}, 100)
    ((system,), _) = pruned_systems(read_studies(str(tmp_path))[0])
    assert accuracy_at(system, 10**-1.5)[0] == pytest.approx(0.3)
    assert accuracy_at(system, 0.1)[0] == pytest.approx(0.5)
    assert np.isnan(accuracy_at(system, 0.001)[0])
