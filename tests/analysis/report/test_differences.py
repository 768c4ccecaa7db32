"""Differences from the papers: which runs belong to a paper, and its conditions beside ours."""

import json

import pytest

from pruning_phases.analysis.report.differences import OURS, differences_tables, experiment_of
from pruning_phases.analysis.report.papers import CONDITIONS, READ
from pruning_phases.analysis.report.read import read_studies
from pruning_phases.config.identity import physics
from pruning_phases.config.recipes import KUMAR, PAN, PESCE, RECIPES
from tests.analysis.report import written
from tests.support.written_records import write_run

WIDTHS = "fc 300-200-100, 316,200 prunable weights"


@pytest.fixture
def write(tmp_path, configure):
    """write("fig1", "scale=paper"): a finished run of an experiment, with its real physics."""

    def written_run(experiment, *words, command=None):
        config = configure(f"experiment={experiment}", *words, tiny=False)
        record = write_run(tmp_path / experiment, f"r{len(words)}", written.DENSITY,
                           written.columns(50, 100))  # fmt: skip
        info = json.loads(record.info_file.read_text())
        info["physics"] = json.loads(json.dumps(physics(config)))
        info["machine"] = {"study": experiment}
        info["network"]["num_prunable"] = 316_200
        info["command"] = command or ["train.py", f"experiment={experiment}", *words]
        record.info_file.write_text(json.dumps(info))
        return record

    return written_run


def rows(folder):
    """Paper -> quantity -> (the paper's, ours)."""
    return {
        table.title.removeprefix("Differences from "): {
            row[0]: (row[1], row[2]) for row in table.rows
        }
        for table in differences_tables(read_studies(str(folder)))
    }


def test_every_paper_has_conditions_that_can_be_read():
    assert list(READ) == [recipe.paper for recipe in RECIPES.values()]
    for condition in CONDITIONS:
        assert condition.measure in OURS and condition.source and condition.theirs
    assert {condition.paper for condition in CONDITIONS} == set(READ)
    assert {condition.measure for condition in CONDITIONS} == set(OURS)


def test_conditions_of_pruning_with_fine_tuning(write, tmp_path):
    write("fig1", "scale=laptop", "dataset=mnist")
    (found,) = rows(tmp_path).values()
    assert found["networks"][1] == WIDTHS
    assert found["training examples"] == ("not stated", "all 54,000")
    assert found["training before pruning"][1] == (
        "Adam with learning rate 0.001, batches of 128, at most 25 epochs, early stopping after 4 "
        "rounds"
    )
    assert found["pruning steps"] == (
        "5,000 equally spaced", "60 geometric steps to density 0.0001"
    )  # fmt: skip
    assert found["fine-tuning after each step"][1] == "150 updates"
    assert found["number of replicas"] == ("not stated", "8")
    assert found["data"] == ("mnist, kmnist", "mnist")
    assert "jump between the weights of Fig. 2" not in found


@pytest.mark.parametrize(
    ("words", "steps"),
    [
        (["pruner.schedule=counts", "pruner.counts=[500,20]"], "500, 20 surviving weights"),
        (["pruner.schedule=cubic"], "60 cubic steps to density 0.0001"),
        (["pruner.schedule=list", "pruner.densities=[0.5,0.1]"], "densities 0.5, 0.1"),
    ],
)
def test_schedules_in_words(write, tmp_path, words, steps):
    write("fig1", "scale=laptop", "dataset=mnist", "optimizer.schedule=cosine", *words)
    (found,) = rows(tmp_path).values()
    assert found["pruning steps"][1] == steps
    assert "learning rate 0.001 (cosine), " in found["training before pruning"][1]


def test_a_condition_that_is_the_papers_has_no_row(write, tmp_path):
    write("fig1", "scale=paper", "dataset=mnist")
    write("fig1", "scale=paper", "dataset=kmnist", "seed=1")
    found = rows(tmp_path)[PESCE]
    assert "data" not in found and "pruning steps" not in found
    assert found["fine-tuning after each step"][1] == "100 updates"


def test_different_values_name_their_studies(write, tmp_path):
    write("fig1", "scale=laptop", "dataset=mnist")
    write("fig2", "scale=smoke", "dataset=mnist", "seed=1")
    found = rows(tmp_path)[PESCE]
    assert found["fine-tuning after each step"][1] == (
        "150 updates (fig1/written); 40 updates (fig2/written)"
    )
    assert found["training examples"][1] == "all 54,000 (fig1/written); 1,000 (fig2/written)"
    assert found["jump between the weights of Fig. 2"][1] == (
        "from each of the densities 0.2, 0.05, 0.03, 0.01, 0.003 to the next"
    )


def test_conditions_of_the_rewired_graphs(write, tmp_path):
    write("fig4", "scale=laptop", "dataset=mnist", "topology=rewired", "topology.density=0.01")
    found = rows(tmp_path)[PESCE]
    assert found["randomization of the graphs of Fig. 4"][1].startswith("double edge swaps: 20 ")


def test_conditions_of_dropout_phases(write, tmp_path):
    write("phase_diagram", "scale=laptop", "dataset=mnist")
    found = rows(tmp_path)[PAN]
    assert found["training-set sizes"][1] == "256, 512, 1,024, 2,048, 4,096, 8,192"
    assert found["dropout rates"][1] == (
        "5 values of p_train from 0 to 0.99, 23 values of p_eval from 0 to 0.99, 1 round of "
        "refinement"
    )
    assert found["dropout masks per evaluation"] == ("not stated", "1")
    assert "removed at evaluation" not in found
    write("phase_pruning", "scale=laptop", "dataset=mnist", "seed=1")
    assert rows(tmp_path)[PAN]["removed at evaluation"][1] == (
        "neurons (dropout) (phase_diagram/written); weights (magnitude pruning) "
        "(phase_pruning/written)"
    )


def test_conditions_of_pruning_at_initialization(write, tmp_path):
    write("capacity", "scale=laptop", "pruner=snip")
    found = rows(tmp_path)[KUMAR]
    assert found["label noise"][1] == "50% of the labels"
    assert found["sparsities"][1] == "densities 0.4, 0.2, 0.1, 0.05"
    assert found["pruners"][1] == "snip"
    write("sanity_checks", "pruner=none", "dataset=mnist", "scale=laptop", "snapshots=[]")
    assert rows(tmp_path)[KUMAR]["pruners"][1] == "snip"


@pytest.mark.parametrize(
    ("command", "experiment"),
    [
        (["train.py", "-m", "experiment=fig1", "model=fc,cnn"], "fig1"),
        (["train.py", "+experiment=fig2"], "fig2"),
        (["train.py", "-m", "experiment=fig3,fig1"], "fig1"),
        (["train.py", "dataset=mnist"], None),
        ([], None),
    ],
)
def test_the_experiment_of_a_run_is_that_of_its_command(command, experiment, write):
    assert experiment_of(write("fig1", command=command or ["train.py"])) == experiment


def test_runs_of_no_paper_have_no_table(write, tmp_path):
    write("fig1", command=["train.py", "dataset=mnist"])
    write("universality", "dataset=mnist")
    assert rows(tmp_path) == {}


def test_a_record_that_lacks_a_key_has_the_other_rows(write, tmp_path):
    record = write("fig1", "scale=laptop", "dataset=mnist")
    info = json.loads(record.info_file.read_text())
    del info["physics"]["optimizer"], info["network"]
    record.info_file.write_text(json.dumps(info))
    found = rows(tmp_path)[PESCE]
    assert "networks" not in found and "training before pruning" not in found
    assert found["number of replicas"][1] == "8"
